package dev.lapidary.torchscript.trace.operator;

import dev.lapidary.torchscript.trace.call.Operator;
import dev.lapidary.torchscript.trace.value.Elementary;
import java.util.Map;

/** Pointwise Ops: angles, circular and hyperbolic functions. */
final class PointwiseTrigonometry {
  private PointwiseTrigonometry() {}

  static void addTo(Map<String, Operator> table) {
    Pointwise.function(table, "tan", Math::tan);
    Pointwise.function(table, "sinh", Math::sinh);
    Pointwise.function(table, "cosh", Math::cosh);
    Pointwise.ofTwo(table, "hypot", Math::hypot);
    Pointwise.toReal(table, "tanh", Math::tanh);
    Pointwise.toReal(table, "sin", Math::sin);
    Pointwise.toReal(table, "cos", Math::cos);
    Pointwise.toReal(table, "asin", Math::asin);
    Pointwise.toReal(table, "acos", Math::acos);
    Pointwise.toReal(table, "atan", Math::atan);
    Pointwise.toReal(table, "asinh", Elementary::asinh);
    Pointwise.toReal(table, "acosh", Elementary::acosh);
    Pointwise.toReal(table, "atanh", Elementary::atanh);
  }
}
