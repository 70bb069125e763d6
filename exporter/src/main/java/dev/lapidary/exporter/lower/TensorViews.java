package dev.lapidary.exporter.lower;

import java.util.stream.IntStream;

/** Tensor Views: the same elements in another shape or order of dimensions. */
final class TensorViews {

  private TensorViews() {}

  static void addTo(LoweringTable table) {
    table.single("aten::flatten", TensorViews::reshape);
    table.single("aten::view", TensorViews::reshape);
    table.single("aten::_unsafe_view", TensorViews::reshape);
    table.single("aten::reshape", TensorViews::reshape);
    table.single("aten::reshape_as", TensorViews::reshape);
    table.single("aten::view_as", TensorViews::reshape);
    table.single("aten::unflatten", TensorViews::reshape);
    table.single("aten::squeeze", TensorViews::reshape);
    table.single("aten::unsqueeze", TensorViews::reshape);
    table.single("aten::permute", TensorViews::permute);
    table.single("aten::transpose", TensorViews::transpose);
    table.single("aten::t", op -> op.rank("self") < 2 ? op.tensor("self") : turn(op, 0, 1));
    table.single("aten::expand", TensorViews::expand);
    table.single("aten::expand_as", TensorViews::expand);
  }

  private static String reshape(Op op) {
    return op.reshape(op.tensor("self"), op.shape("self"), op.output().shape());
  }

  private static String permute(Op op) {
    int rank = op.rank("self");
    long[] dims = op.integers("dims");
    return op.transpose(
        op.tensor("self"), IntStream.range(0, rank).map(i -> Op.axis(dims[i], rank)).toArray());
  }

  private static String transpose(Op op) {
    int rank = op.rank("self");
    return turn(op, op.axis("dim0", rank), op.axis("dim1", rank));
  }

  private static String turn(Op op, int first, int second) {
    int[] permutation = IntStream.range(0, op.rank("self")).toArray();
    permutation[first] = second;
    permutation[second] = first;
    return op.transpose(op.tensor("self"), permutation);
  }

  private static String expand(Op op) {
    if (op.shape("self").equals(op.output().shape())) {
      return op.tensor("self");
    }
    return op.emit("Expand", op.tensor("self"), op.shapeVector(op.output().shape()));
  }
}
