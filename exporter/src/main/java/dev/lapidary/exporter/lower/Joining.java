package dev.lapidary.exporter.lower;

import dev.lapidary.core.tensor.DType;
import dev.lapidary.torchscript.graph.SymInt;
import java.util.ArrayList;
import java.util.List;

/** Indexing, Slicing, Joining, Mutating Ops: tensors joined to one. */
final class Joining {

  private Joining() {}

  static void addTo(LoweringTable table) {
    table.single("aten::cat", Joining::cat);
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
    return op.concat(op.axis("dim", op.output().rank()), parts);
  }
}
