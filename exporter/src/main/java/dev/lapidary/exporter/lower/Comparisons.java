package dev.lapidary.exporter.lower;

import dev.lapidary.core.tensor.DType;

/** Comparison Ops: element by element. */
final class Comparisons {

  private Comparisons() {}

  static void addTo(LoweringTable table) {
    Pointwise.binary(table, "aten::maximum", "Max", "Or");
    Pointwise.binary(table, "aten::minimum", "Min", "And");
    table.single("aten::eq", op -> compare(op, "Equal"));
    table.single("aten::ne", op -> op.emit("Not", compare(op, "Equal")));
    table.single("aten::lt", op -> compare(op, "Less"));
    table.single("aten::le", op -> compare(op, "LessOrEqual"));
    table.single("aten::gt", op -> compare(op, "Greater"));
    table.single("aten::ge", op -> compare(op, "GreaterOrEqual"));
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
}
