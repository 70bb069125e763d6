package dev.lapidary.exporter.lower;

/** Pointwise Ops: angles, circular and hyperbolic functions. */
final class PointwiseTrigonometry {

  private PointwiseTrigonometry() {}

  static void addTo(LoweringTable table) {
    Pointwise.unary(table, "Sin", "Cos", "Asin", "Acos", "Atan");
    Pointwise.unary(table, "Tanh", "Asinh", "Acosh", "Atanh");
  }
}
