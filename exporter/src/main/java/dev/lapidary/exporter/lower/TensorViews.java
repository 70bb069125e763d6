package dev.lapidary.exporter.lower;

import java.util.stream.IntStream;

/** Tensor Views: the same elements in another shape or order of dimensions. */
final class TensorViews {

  private TensorViews() {}

  static void addTo(LoweringTable table) {
    table.single("aten::reshape", TensorViews::reshape);
    table.single("aten::permute", TensorViews::permute);
    table.single("aten::expand", TensorViews::expand);
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

  private static String expand(Op op) {
    if (op.shape("self").equals(op.output().shape())) {
      return op.tensor("self");
    }
    return op.emit("Expand", op.tensor("self"), op.shapeVector(op.output().shape()));
  }
}
