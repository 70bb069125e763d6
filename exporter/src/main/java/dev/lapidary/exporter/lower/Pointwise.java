package dev.lapidary.exporter.lower;

import dev.lapidary.core.tensor.DType;

/** Operands of pointwise operators. */
final class Pointwise {

  private Pointwise() {}

  static void unary(LoweringTable table, String aten, String onnx) {
    table.single(aten, op -> op.emit(onnx, left(op)));
  }

  /**
   * @param ofMasks PyTorch adds and multiplies truths as its logic does, ONNX has only the logic
   */
  static void binary(LoweringTable table, String aten, String onnx, String ofMasks) {
    table.single(
        aten,
        op -> op.emit(op.output().dtype() == DType.BOOL ? ofMasks : onnx, left(op), right(op)));
  }

  static String left(Op op) {
    return op.operand("self", op.output().dtype());
  }

  static String right(Op op) {
    return op.operand("other", op.output().dtype());
  }
}
