package dev.lapidary.exporter.lower;

/** Pointwise Ops: angles, circular and hyperbolic functions. */
final class PointwiseTrigonometry {

  private PointwiseTrigonometry() {}

  static void addTo(LoweringTable table) {
    Pointwise.unary(table, "aten::sin", "Sin");
    Pointwise.unary(table, "aten::cos", "Cos");
    Pointwise.unary(table, "aten::asin", "Asin");
    Pointwise.unary(table, "aten::acos", "Acos");
    Pointwise.unary(table, "aten::atan", "Atan");
    Pointwise.unary(table, "aten::tanh", "Tanh");
    Pointwise.unary(table, "aten::asinh", "Asinh");
    Pointwise.unary(table, "aten::acosh", "Acosh");
    Pointwise.unary(table, "aten::atanh", "Atanh");
  }
}
