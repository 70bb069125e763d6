package dev.lapidary.torchscript.trace.operator;

import dev.lapidary.core.tensor.DType;
import dev.lapidary.torchscript.trace.call.Invocation;
import dev.lapidary.torchscript.trace.call.Operator;
import dev.lapidary.torchscript.trace.value.Elementary;
import dev.lapidary.torchscript.trace.value.IValue;
import dev.lapidary.torchscript.trace.value.Shapes;
import dev.lapidary.torchscript.trace.value.TensorRef;
import java.util.Map;

/** Pointwise Ops: angles, circular and hyperbolic functions. */
public final class PointwiseTrigonometry {
  private static final IValue ZERO = IValue.number(0);
  private static final IValue ONE = IValue.number(1);

  private PointwiseTrigonometry() {}

  public static void addTo(Map<String, Operator> table) {
    Pointwise.function(
        table,
        "tan",
        Math::tan,
        (call, x) -> call.call("div", call.call("sin", x), call.call("cos", x)));
    Pointwise.function(table, "sinh", Math::sinh, (call, x) -> hyperbolic(call, x, "sub"));
    Pointwise.function(table, "cosh", Math::cosh, (call, x) -> hyperbolic(call, x, "add"));
    Pointwise.of(table, "hypot", PointwiseTrigonometry::hypot);
    Pointwise.toReal(table, "tanh", Math::tanh);
    Pointwise.toReal(table, "sin", Math::sin);
    Pointwise.toReal(table, "cos", Math::cos);
    Pointwise.toReal(table, "asin", Math::asin);
    Pointwise.toReal(table, "acos", Math::acos);
    Pointwise.toReal(table, "atan", Math::atan);
    Pointwise.toReal(table, "asinh", Elementary::asinh);
    Pointwise.toReal(table, "acosh", Elementary::acosh);
    Pointwise.toReal(table, "atanh", Elementary::atanh);
    Pointwise.of(table, "atan2", PointwiseTrigonometry::atan2);
    Pointwise.of(table, "angle", PointwiseTrigonometry::angle);
    Pointwise.of(table, "deg2rad", (call, x) -> call.call("mul", x, Pointwise.real(Math.PI / 180)));
    Pointwise.of(table, "rad2deg", (call, x) -> call.call("mul", x, Pointwise.real(180 / Math.PI)));
    Pointwise.of(table, "sinc", PointwiseTrigonometry::sinc);
  }

  private static IValue hyperbolic(Invocation call, IValue x, String operator) {
    IValue falling = call.call("exp", call.call("neg", x));
    return call.call(
        "mul", call.call(operator, call.call("exp", x), falling), new IValue.Real(0.5));
  }

  private static IValue hypot(Invocation call, IValue x) {
    if (call.allKnown()) {
      DType dtype = Shapes.promote(x, call.get("other"));
      return Pointwise.evaluated(call, dtype, Math::hypot);
    }
    IValue other = call.call("square", call.get("other"));
    return call.call("sqrt", call.call("add", call.call("square", x), other));
  }

  /** {@code self} is y and {@code other} x. */
  private static IValue atan2(Invocation call, IValue y) {
    return angle(call, y, call.get("other"));
  }

  /**
   * The angle of (x, y), from -pi to pi: that of the slope, and half a turn more or less on the
   * left. A zero x counts as positive, so that its slope is infinite to the right side.
   */
  static IValue angle(Invocation call, IValue y, IValue x) {
    IValue atZero = call.call("eq", x, ZERO);
    IValue right = call.call("masked_fill", x, atZero, ZERO);
    IValue slope = call.call("atan", call.call("div", y, right));
    IValue turn =
        call.call("where", signbit(call, y), Pointwise.real(-Math.PI), Pointwise.real(Math.PI));
    IValue turned = call.call("add", slope, turn);
    IValue angle = call.call("where", call.call("lt", x, ZERO), turned, slope);
    IValue nowhere = call.call("logical_and", atZero, call.call("eq", y, ZERO));
    return call.call("masked_fill", angle, nowhere, ZERO);
  }

  private static IValue angle(Invocation call, IValue x) {
    IValue angle =
        call.call("where", call.call("lt", x, ZERO), Pointwise.real(Math.PI), Pointwise.real(0));
    return call.call("masked_fill", angle, call.call("isnan", x), Pointwise.real(Double.NaN));
  }

  /** Also true of -0, whose reciprocal is the negative infinity. */
  static IValue signbit(Invocation call, IValue x) {
    IValue less = call.call("lt", x, ZERO);
    return ((TensorRef) x).dtype().isFloating()
        ? call.call("logical_or", less, call.call("lt", call.call("reciprocal", x), ZERO))
        : less;
  }

  private static IValue sinc(Invocation call, IValue x) {
    IValue angle = call.call("mul", x, Pointwise.real(Math.PI));
    IValue wave = call.call("div", call.call("sin", angle), angle);
    return call.call("masked_fill", wave, call.call("eq", x, ZERO), ONE);
  }
}
