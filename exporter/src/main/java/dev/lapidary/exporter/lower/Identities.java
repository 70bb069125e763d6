package dev.lapidary.exporter.lower;

import dev.lapidary.core.tensor.DType;
import java.util.List;

/** What changes nothing in inference, or only the element type: no node, or a Cast. */
final class Identities {
  private Identities() {}

  static void addTo(LoweringTable table) {
    for (String name : List.of("contiguous", "clone", "detach", "alias", "lift_fresh")) {
      table.single("aten::" + name, op -> op.tensor("self"));
    }
    for (String name : List.of("to", "type_as")) {
      table.single("aten::" + name, Identities::cast);
    }
    for (String name : List.of("dropout", "feature_dropout")) {
      table.single("aten::" + name, Identities::dropout);
    }
  }

  private static String cast(Op op) {
    DType to = op.output().dtype();
    return op.cast(op.tensor("self"), op.dtype("self"), to);
  }

  private static String dropout(Op op) {
    if (op.bool("train") && op.real("p") != 0) {
      throw op.unsupported("in training mode is not supported; call model.eval() before saving");
    }
    return op.tensor("input");
  }
}
