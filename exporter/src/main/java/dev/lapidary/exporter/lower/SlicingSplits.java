package dev.lapidary.exporter.lower;

import dev.lapidary.torchscript.graph.Argument.Value;
import java.util.List;

/** Indexing, Slicing, Joining, Mutating Ops: tensors cut into parts. */
final class SlicingSplits {

  private SlicingSplits() {}

  static void addTo(LoweringTable table) {
    table.several("aten::split_with_sizes", SlicingSplits::split);
  }

  /** The sizes are those of the traced parts. */
  private static List<String> split(Op op) {
    int axis = op.axis("dim", op.rank("self"));
    List<Value> parts = op.outputs();
    if (parts.size() == 1) {
      return List.of(op.tensor("self"));
    }
    long[] sizes = parts.stream().mapToLong(p -> p.shape().get(axis).constant()).toArray();
    List<String> inputs = List.of(op.tensor("self"), op.ints(sizes));
    return op.several("Split", sizes.length, Op.axis(axis), inputs);
  }
}
