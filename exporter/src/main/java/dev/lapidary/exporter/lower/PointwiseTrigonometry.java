package dev.lapidary.exporter.lower;

/** Pointwise Ops: angles, circular and hyperbolic functions. */
final class PointwiseTrigonometry {

  private PointwiseTrigonometry() {}

  static void addTo(LoweringTable table) {
    table.single("aten::tanh", op -> op.emit("Tanh", op.tensor("self")));
    Pointwise.unary(table, "sin", "Sin");
    Pointwise.unary(table, "cos", "Cos");
    Pointwise.unary(table, "asin", "Asin");
    Pointwise.unary(table, "acos", "Acos");
    Pointwise.unary(table, "atan", "Atan");
    Pointwise.unary(table, "asinh", "Asinh");
    Pointwise.unary(table, "acosh", "Acosh");
    Pointwise.unary(table, "atanh", "Atanh");
  }
}
