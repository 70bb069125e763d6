package dev.lapidary.exporter.lower;

import dev.lapidary.core.tensor.DType;

/** Pointwise Ops: rounding and clamping. */
final class PointwiseRounding {

  private PointwiseRounding() {}

  static void addTo(LoweringTable table) {
    table.single("aten::clamp", PointwiseRounding::clamp);
    Pointwise.unary(table, "aten::floor", "Floor");
    Pointwise.unary(table, "aten::ceil", "Ceil");
    Pointwise.unary(table, "aten::round", "Round");
  }

  private static String clamp(Op op) {
    DType dtype = op.output().dtype();
    String x = op.operand("self", dtype);
    boolean low = op.given("min");
    boolean high = op.given("max");
    if ((low && op.isTensor("min")) || (high && op.isTensor("max"))) {
      String floored = low ? op.emit("Max", x, op.operand("min", dtype)) : x;
      return high ? op.emit("Min", floored, op.operand("max", dtype)) : floored;
    }
    String floor = low ? op.scalar("min", dtype) : "";
    return op.emit("Clip", x, floor, high ? op.scalar("max", dtype) : "");
  }
}
