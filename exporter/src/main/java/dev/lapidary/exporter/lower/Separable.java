package dev.lapidary.exporter.lower;

import dev.lapidary.core.tensor.DType;

/** Linear maps of the rows and columns of images, as two products of matrices. */
final class Separable {

  private Separable() {}

  /** y = R x C^T by two products with constant matrices; R: [outH,inH], C: [outW,inW]. */
  static String separable(Op op, String x, double[][] rows, double[][] columns) {
    DType dtype = op.output().dtype();
    if (dtype != DType.FLOAT32) {
      throw op.unsupported("of " + dtype + " with sizes that do not divide is not supported");
    }
    String left = op.constant("rows", Constants.matrix(rows));
    String right = op.constant("columns", Constants.matrix(columns).permuted(1, 0));
    return op.emit("MatMul", op.emit("MatMul", left, x), right);
  }
}
