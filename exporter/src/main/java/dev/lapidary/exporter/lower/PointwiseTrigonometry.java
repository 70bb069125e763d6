package dev.lapidary.exporter.lower;

/** Pointwise Ops: angles, circular and hyperbolic functions. */
final class PointwiseTrigonometry {

  private PointwiseTrigonometry() {}

  static void addTo(LoweringTable table) {
    Pointwise.unary(table, "sin", "cos", "asin", "acos", "atan");
    Pointwise.unary(table, "tanh", "asinh", "acosh", "atanh");
  }
}
