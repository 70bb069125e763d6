package dev.lapidary.torchscript.trace.operator;

import dev.lapidary.torchscript.trace.call.Invocation;
import dev.lapidary.torchscript.trace.call.Operator;
import dev.lapidary.torchscript.trace.value.IValue;
import dev.lapidary.torchscript.trace.value.TensorRef;
import java.util.Map;
import java.util.function.DoubleUnaryOperator;
import java.util.function.Function;

/** Pointwise Ops: rounding and clamping. */
final class PointwiseRounding {
  private PointwiseRounding() {}

  static void addTo(Map<String, Operator> table) {
    table.put("floor", call -> toWhole(call, Math::floor));
    table.put("ceil", call -> toWhole(call, Math::ceil));
    table.put("round", PointwiseRounding::round);
    table.put("clamp", PointwiseRounding::clamp);
  }

  /** What integers are already: of them these functions are the identity. */
  private static IValue toWhole(Invocation call, DoubleUnaryOperator function) {
    return call.self().dtype().isFloating()
        ? Pointwise.apply(call, function, Function.identity())
        : call.self();
  }

  /** Half to even. */
  private static IValue round(Invocation call) {
    return call.has("decimals") && call.integer("decimals") != 0
        ? call.decomposed()
        : toWhole(call, Math::rint);
  }

  private static IValue clamp(Invocation call) {
    return call.get("min") instanceof TensorRef || call.get("max") instanceof TensorRef
        ? call.decomposed()
        : Pointwise.bounded(call, "min", "max");
  }
}
