package dev.lapidary.exporter.lower;

import dev.lapidary.core.tensor.DType;
import dev.lapidary.exporter.onnx.Attribute;
import dev.lapidary.torchscript.graph.SymInt;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;

/** Indexing, Slicing, Joining, Mutating Ops: tensors joined to one. */
final class Joining {

  private Joining() {}

  static void addTo(LoweringTable table) {
    table.single("aten::repeat", Joining::repeat);
    table.single("aten::cat", Joining::cat);
    table.single("aten::concat", Joining::cat);
    table.single("aten::stack", Joining::stack);
  }

  private static String repeat(Op op) {
    List<SymInt> repeats = op.dims("repeats");
    List<SymInt> shape = new ArrayList<>(op.shape("self"));
    while (shape.size() < repeats.size()) {
      shape.add(0, SymInt.of(1));
    }
    String x = op.reshape(op.tensor("self"), op.shape("self"), shape);
    boolean once = repeats.stream().allMatch(SymInt.of(1)::equals);
    return once ? x : op.emit("Tile", x, op.shapeVector(repeats));
  }

  /** Empty tensors of shape [0] are skipped, as PyTorch does. */
  private static String cat(Op op) {
    DType dtype = op.output().dtype();
    List<String> parts = new ArrayList<>();
    List<String> names = op.tensors("tensors");
    for (int i = 0; i < names.size(); i++) {
      List<SymInt> shape = op.shape(op.items("tensors").get(i));
      if (!shape.equals(List.of(SymInt.of(0)))) {
        parts.add(op.cast(names.get(i), op.dtype(op.items("tensors").get(i)), dtype));
      }
    }
    long axis = op.axis("dim", op.output().rank());
    return parts.size() == 1
        ? parts.get(0)
        : op.emit("Concat", Map.of("axis", Attribute.of(axis)), parts);
  }

  private static String stack(Op op) {
    long axis = op.axis("dim", op.output().rank());
    List<String> parts = new ArrayList<>();
    for (String part : op.tensors("tensors")) {
      parts.add(op.emit("Unsqueeze", part, op.ints(axis)));
    }
    return op.emit("Concat", Map.of("axis", Attribute.of(axis)), parts);
  }
}
