package dev.lapidary.exporter.lower;

import dev.lapidary.core.tensor.DType;

/** Comparisons, logic and choices by mask. */
final class Comparisons {
  private Comparisons() {}

  static void addTo(LoweringTable table) {
    table.single("aten::eq", op -> compare(op, "Equal"));
    table.single("aten::ne", op -> op.emit("Not", compare(op, "Equal")));
    table.single("aten::lt", op -> compare(op, "Less"));
    table.single("aten::le", op -> compare(op, "LessOrEqual"));
    table.single("aten::gt", op -> compare(op, "Greater"));
    table.single("aten::ge", op -> compare(op, "GreaterOrEqual"));
    table.single("aten::logical_not", op -> op.emit("Not", op.operand("self", DType.BOOL)));
    table.single("aten::logical_and", op -> logic(op, "And"));
    table.single("aten::logical_or", op -> logic(op, "Or"));
    table.single("aten::where", Comparisons::where);
    table.single("aten::masked_fill", Comparisons::maskedFill);
  }

  private static String compare(Op op, String onnx) {
    DType dtype = op.dtype("self");
    boolean widens =
        op.isTensor("other") ? op.dtype("other").isFloating() : op.real("other") % 1 != 0;
    if (!dtype.isFloating() && widens) {
      dtype = DType.FLOAT32;
    }
    return op.emit(onnx, op.operand("self", dtype), op.operand("other", dtype));
  }

  private static String logic(Op op, String onnx) {
    return op.emit(onnx, op.operand("self", DType.BOOL), op.operand("other", DType.BOOL));
  }

  private static String where(Op op) {
    return either(op, "condition", "self", "other");
  }

  private static String maskedFill(Op op) {
    return either(op, "mask", "value", "self");
  }

  /** Of truths by logic: runtimes have no Where of them. */
  private static String either(Op op, String condition, String whereTrue, String whereFalse) {
    DType dtype = op.output().dtype();
    String mask = op.operand(condition, DType.BOOL);
    String first = op.operand(whereTrue, dtype);
    String second = op.operand(whereFalse, dtype);
    return dtype == DType.BOOL
        ? op.emit("Or", op.emit("And", mask, first), op.emit("And", op.emit("Not", mask), second))
        : op.emit("Where", mask, first, second);
  }
}
