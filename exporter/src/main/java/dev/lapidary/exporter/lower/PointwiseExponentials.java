package dev.lapidary.exporter.lower;

import dev.lapidary.core.tensor.DType;

/** Pointwise Ops: powers, exponentials, logarithms and functions made of them. */
final class PointwiseExponentials {

  private PointwiseExponentials() {}

  static void addTo(LoweringTable table) {
    table.single("aten::pow", PointwiseExponentials::pow);
    table.single("aten::rsqrt", op -> op.emit("Reciprocal", op.emit("Sqrt", Pointwise.left(op))));
    Pointwise.unary(table, "aten::sqrt", "Sqrt");
    Pointwise.unary(table, "aten::exp", "Exp");
    Pointwise.unary(table, "aten::log", "Log");
    Pointwise.unary(table, "aten::erf", "Erf");
    table.single(
        "aten::log1p",
        op ->
            op.emit("Log", op.emit("Add", Pointwise.left(op), op.scalar(1, op.output().dtype()))));
  }

  private static String pow(Op op) {
    DType dtype = op.output().dtype();
    String base = op.operand("self", dtype);
    if (!op.isTensor("exponent") && op.real("exponent") == 2) {
      return op.emit("Mul", base, base);
    }
    if (!op.isTensor("exponent") && op.real("exponent") == 0.5) {
      return op.emit("Sqrt", base);
    }
    return op.emit("Pow", base, op.operand("exponent", dtype));
  }
}
