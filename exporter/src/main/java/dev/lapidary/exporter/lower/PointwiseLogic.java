package dev.lapidary.exporter.lower;

import dev.lapidary.core.tensor.DType;

/** Pointwise Ops: logic of truths and of masks. */
final class PointwiseLogic {

  private PointwiseLogic() {}

  static void addTo(LoweringTable table) {
    table.single("aten::logical_not", op -> op.emit("Not", op.operand("self", DType.BOOL)));
    table.single("aten::logical_and", op -> logic(op, "And"));
    table.single("aten::logical_or", op -> logic(op, "Or"));
  }

  private static String logic(Op op, String onnx) {
    return op.emit(onnx, op.operand("self", DType.BOOL), op.operand("other", DType.BOOL));
  }
}
