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
  private static final IValue ZERO = IValue.number(0);

  private PointwiseRounding() {}

  public static void addTo(Map<String, Operator> table) {
    Pointwise.of(table, "trunc", PointwiseRounding::truncated);
    Pointwise.of(table, "frac", (call, x) -> call.call("sub", x, truncated(call, x)));
    toWhole(table, "floor", Math::floor);
    toWhole(table, "ceil", Math::ceil);
    table.put("clamp", PointwiseRounding::clamp);
    table.put(
        "clamp_min", call -> call.call("clamp", call.self(), call.get("min"), IValue.None.NONE));
    table.put(
        "clamp_max", call -> call.call("clamp", call.self(), IValue.None.NONE, call.get("max")));
    Pointwise.of(table, "nan_to_num", PointwiseRounding::nanToNum);
    Pointwise.of(table, "round", PointwiseRounding::round);
  }

  private static IValue truncated(Invocation call, IValue x) {
    return call.call("mul", call.call("sign", x), call.call("floor", call.call("abs", x)));
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

  private static IValue nanToNum(Invocation call, IValue x) {
    if (!call.self().dtype().isFloating()) {
      return x;
    }
    double greatest =
        switch (call.self().dtype()) {
          case FLOAT64 -> Double.MAX_VALUE;
          case FLOAT16 -> 65504;
          case BFLOAT16 -> 0x1.FEp127;
          default -> Float.MAX_VALUE;
        };
    IValue nan = call.isNone("nan") ? ZERO : call.get("nan");
    IValue above = call.isNone("posinf") ? Pointwise.real(greatest) : call.get("posinf");
    IValue below = call.isNone("neginf") ? Pointwise.real(-greatest) : call.get("neginf");
    IValue y = call.call("masked_fill", x, call.call("isnan", x), nan);
    y = call.call("masked_fill", y, call.call("isposinf", x), above);
    return call.call("masked_fill", y, call.call("isneginf", x), below);
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
