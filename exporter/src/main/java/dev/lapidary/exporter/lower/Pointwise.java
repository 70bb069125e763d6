package dev.lapidary.exporter.lower;

import dev.lapidary.core.tensor.DType;
import java.util.Locale;

/** Operands of pointwise operators. */
final class Pointwise {

  private Pointwise() {}

  /** PyTorch calls them as ONNX does, but for the capital. */
  static void unary(LoweringTable table, String... names) {
    for (String onnx : names) {
      table.single("aten::" + onnx.toLowerCase(Locale.ROOT), op -> op.emit(onnx, left(op)));
    }
  }

  /**
   * @param ofMasks PyTorch adds and multiplies truths as its logic does, ONNX has only the logic
   */
  static void binary(LoweringTable table, String aten, String onnx, String ofMasks) {
    table.single(
        "aten::" + aten,
        op -> op.emit(op.output().dtype() == DType.BOOL ? ofMasks : onnx, left(op), right(op)));
  }

  static String left(Op op) {
    return op.operand("self", op.output().dtype());
  }

  static String right(Op op) {
    return op.operand("other", op.output().dtype());
  }
}
