package dev.lapidary.torchscript.trace.operator;

import dev.lapidary.torchscript.trace.call.Invocation;
import dev.lapidary.torchscript.trace.call.Operator;
import dev.lapidary.torchscript.trace.value.IValue;
import dev.lapidary.torchscript.trace.value.TensorRef;
import java.util.Map;
import java.util.function.DoubleUnaryOperator;
import java.util.function.Function;

/** Pointwise Ops: rounding and clamping. */
public final class PointwiseRounding {

  private PointwiseRounding() {}

  public static void addTo(Map<String, Operator> table) {
    toWhole(table, "floor", Math::floor);
    toWhole(table, "ceil", Math::ceil);
    table.put("clamp", PointwiseRounding::clamp);
    Pointwise.of(table, "round", PointwiseRounding::round);
  }

  /** What integers are already: of them these functions are the identity. */
  private static void toWhole(
      Map<String, Operator> table, String name, DoubleUnaryOperator function) {
    table.put(
        name,
        call ->
            call.self().dtype().isFloating()
                ? Pointwise.apply(call, function, Function.identity())
                : call.self());
  }

  /** To a whole number, half to even. */
  static IValue rounded(Invocation call) {
    return call.self().dtype().isFloating()
        ? Pointwise.apply(call, Math::rint, Function.identity())
        : call.self();
  }

  private static IValue clamp(Invocation call) {
    boolean numbers =
        !(call.get("min") instanceof TensorRef || call.get("max") instanceof TensorRef);
    if (numbers) {
      return Pointwise.bounded(call, "min", "max");
    }
    IValue bounded = call.self();
    if (!call.isNone("min")) {
      bounded = call.call("maximum", bounded, call.get("min"));
    }
    return call.isNone("max") ? bounded : call.call("minimum", bounded, call.get("max"));
  }

  /** Half to even; {@code decimals} digits behind the point, or before it. */
  private static IValue round(Invocation call, IValue x) {
    if (!call.has("decimals") || call.integer("decimals") == 0) {
      return rounded(call);
    }
    long decimals = call.integer("decimals");
    IValue scale = Pointwise.real(Math.pow(10, (double) Math.abs(decimals)));
    String in = decimals > 0 ? "mul" : "div";
    String out = decimals > 0 ? "div" : "mul";
    return call.call(out, call.call("round", call.call(in, x, scale)), scale);
  }
}
