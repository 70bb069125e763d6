package dev.lapidary.torchscript.trace.operator;

import dev.lapidary.core.tensor.DType;
import dev.lapidary.torchscript.trace.call.Invocation;
import dev.lapidary.torchscript.trace.call.Operator;
import dev.lapidary.torchscript.trace.limit.Refusal;
import dev.lapidary.torchscript.trace.value.Datum;
import dev.lapidary.torchscript.trace.value.Elementary;
import dev.lapidary.torchscript.trace.value.Scalars;
import dev.lapidary.torchscript.trace.value.Shapes;
import dev.lapidary.torchscript.trace.value.TensorRef;
import java.util.Map;
import java.util.function.BiFunction;

/** Functions of numbers that are a few others, and what they make of infinities and of NaN. */
public final class MathOperators {
  private static final Datum ZERO = Datum.number(0);
  private static final Datum ONE = Datum.number(1);
  private static final Datum INFINITY = real(Double.POSITIVE_INFINITY);

  private MathOperators() {}

  public static void addTo(Map<String, Operator> table) {
    of(table, "atan2", MathOperators::angleOfPoint);
    of(table, "angle", MathOperators::angle);
    of(table, "deg2rad", (call, x) -> call.call("mul", x, real(Math.PI / 180)));
    of(table, "rad2deg", (call, x) -> call.call("mul", x, real(180 / Math.PI)));
    of(table, "positive", (call, x) -> x);
    of(table, "conj_physical", (call, x) -> x);
    of(table, "isinf", (call, x) -> call.call("eq", call.call("abs", x), INFINITY));
    of(table, "isposinf", (call, x) -> call.call("eq", x, INFINITY));
    of(table, "isneginf", (call, x) -> call.call("eq", call.call("neg", x), INFINITY));
    of(table, "isfinite", (call, x) -> call.call("lt", call.call("abs", x), INFINITY));
    of(table, "signbit", MathOperators::isNegative);
    of(table, "nan_to_num", MathOperators::finite);
    of(table, "nansum", MathOperators::sumOfNumbers);
    of(table, "nanmean", MathOperators::meanOfNumbers);
    of(table, "fmax", (call, x) -> greater(call, x, "maximum"));
    of(table, "fmin", (call, x) -> greater(call, x, "minimum"));
    of(table, "copysign", MathOperators::withSign);
    of(table, "heaviside", MathOperators::step);
    of(table, "isclose", MathOperators::isClose);
    of(table, "ldexp", (call, x) -> call.call("mul", x, call.call("exp2", call.get("other"))));
    of(table, "logaddexp2", MathOperators::sumOfPowers);
    of(table, "sinc", MathOperators::sinc);
    of(table, "special_entr", MathOperators::entropy);
    of(table, "special_ndtr", MathOperators::normalDistribution);
    table.put("xlogy", call -> timesLogarithm(call, "log"));
    table.put("special_xlog1py", call -> timesLogarithm(call, "log1p"));
    table.put("float_power", MathOperators::inDoublePrecision);
    of(table, "round", MathOperators::rounded);
  }

  private static void of(
      Map<String, Operator> table, String name, BiFunction<Invocation, Datum, Datum> operator) {
    table.put(name, call -> operator.apply(call, call.self()));
  }

  private static Datum real(double value) {
    return new Datum.Real(value);
  }

  /** {@code self} is y and {@code other} x. */
  private static Datum angleOfPoint(Invocation call, Datum y) {
    return angle(call, y, call.get("other"));
  }

  /**
   * The angle of (x, y), from -pi to pi: that of the slope, and half a turn more or less on the
   * left. A zero x counts as positive, so that its slope is infinite to the right side.
   */
  static Datum angle(Invocation call, Datum y, Datum x) {
    Datum atZero = call.call("eq", x, ZERO);
    Datum right = call.call("masked_fill", x, atZero, ZERO);
    Datum slope = call.call("atan", call.call("div", y, right));
    Datum turn = call.call("where", isNegative(call, y), real(-Math.PI), real(Math.PI));
    Datum turned = call.call("add", slope, turn);
    Datum angle = call.call("where", call.call("lt", x, ZERO), turned, slope);
    Datum nowhere = call.call("logical_and", atZero, call.call("eq", y, ZERO));
    return call.call("masked_fill", angle, nowhere, ZERO);
  }

  private static Datum angle(Invocation call, Datum x) {
    Datum angle = call.call("where", call.call("lt", x, ZERO), real(Math.PI), real(0));
    return call.call("masked_fill", angle, call.call("isnan", x), real(Double.NaN));
  }

  /** Also true of -0, whose reciprocal is the negative infinity. */
  private static Datum isNegative(Invocation call, Datum x) {
    Datum less = call.call("lt", x, ZERO);
    return ((TensorRef) x).dtype().isFloating()
        ? call.call("logical_or", less, call.call("lt", call.call("reciprocal", x), ZERO))
        : less;
  }

  private static Datum finite(Invocation call, Datum x) {
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
    Datum nan = call.isNone("nan") ? ZERO : call.get("nan");
    Datum above = call.isNone("posinf") ? real(greatest) : call.get("posinf");
    Datum below = call.isNone("neginf") ? real(-greatest) : call.get("neginf");
    Datum y = call.call("masked_fill", x, call.call("isnan", x), nan);
    y = call.call("masked_fill", y, call.call("isposinf", x), above);
    return call.call("masked_fill", y, call.call("isneginf", x), below);
  }

  private static Datum sumOfNumbers(Invocation call, Datum x) {
    Datum numbers = call.call("masked_fill", x, call.call("isnan", x), ZERO);
    return sum(call, numbers);
  }

  private static Datum meanOfNumbers(Invocation call, Datum x) {
    Datum real = call.call("logical_not", call.call("isnan", x));
    return call.call("div", sumOfNumbers(call, x), sum(call, call.call("type_as", real, x)));
  }

  private static Datum sum(Invocation call, Datum x) {
    Datum typed = call.isNone("dtype") ? x : call.call("to", x, call.get("dtype"));
    return call.call("sum", typed, call.get("dim"), call.get("keepdim"));
  }

  /** NaN counts as missing. */
  private static Datum greater(Invocation call, Datum x, String extreme) {
    Datum other = call.get("other");
    Datum first = call.call("where", call.call("isnan", x), other, x);
    Datum second = call.call("where", call.call("isnan", other), x, other);
    return call.call(extreme, first, second);
  }

  private static Datum withSign(Invocation call, Datum x) {
    Datum size = call.call("abs", x);
    if (!(call.get("other") instanceof TensorRef other)) {
      double sign = Math.copySign(1, call.real("other"));
      return call.call("mul", size, real(sign));
    }
    return call.call("where", isNegative(call, other), call.call("neg", size), size);
  }

  private static Datum step(Invocation call, Datum x) {
    Datum above = call.call("type_as", call.call("gt", x, ZERO), x);
    return call.call("where", call.call("eq", x, ZERO), call.get("values"), above);
  }

  private static Datum isClose(Invocation call, Datum x) {
    if (call.flag("equal_nan")) {
      throw Refusal.unsupported("%s with equal_nan", call.operator());
    }
    Datum other = call.get("other");
    Datum relative = call.call("mul", call.call("abs", other), call.get("rtol"));
    Datum room = call.call("add", relative, call.get("atol"));
    Datum near = call.call("le", call.call("abs", call.call("sub", x, other)), room);
    Datum close = call.call("logical_and", near, call.call("isfinite", other));
    return call.call("logical_or", close, call.call("eq", x, other));
  }

  private static Datum sumOfPowers(Invocation call, Datum x) {
    if (call.allKnown()) {
      DType dtype = Shapes.promote(x, call.get("other"));
      return ArithmeticOperators.evaluated(call, dtype, Elementary::logAddExp2);
    }
    Datum other = call.get("other");
    Datum apart = call.call("abs", call.call("sub", x, other));
    Datum power = call.call("exp2", call.call("neg", apart));
    Datum more = call.call("mul", call.call("log1p", power), real(1 / Math.log(2)));
    return call.call("add", call.call("maximum", x, other), more);
  }

  private static Datum sinc(Invocation call, Datum x) {
    Datum angle = call.call("mul", x, real(Math.PI));
    Datum wave = call.call("div", call.call("sin", angle), angle);
    return call.call("masked_fill", wave, call.call("eq", x, ZERO), ONE);
  }

  /** {@code -x log(x)}: 0 at 0, the negative infinity below. */
  private static Datum entropy(Invocation call, Datum x) {
    Datum y = call.call("neg", call.call("mul", x, call.call("log", x)));
    y = call.call("masked_fill", y, call.call("eq", x, ZERO), ZERO);
    Datum below = call.call("lt", x, ZERO);
    return call.call("masked_fill", y, below, real(Double.NEGATIVE_INFINITY));
  }

  private static Datum normalDistribution(Invocation call, Datum x) {
    Datum erfc = call.call("erfc", call.call("mul", x, real(-Math.sqrt(0.5))));
    return call.call("mul", erfc, real(0.5));
  }

  /** {@code x log(y)}: 0 where x is, but for a y that is NaN. */
  private static Datum timesLogarithm(Invocation call, String logarithm) {
    TensorRef x = tensor(call.get("self"));
    TensorRef y = tensor(call.get("other"));
    Datum product = call.call("mul", x, call.call(logarithm, y));
    Datum zero = call.call("logical_and", call.call("eq", x, ZERO), call.call("eq", y, y));
    return call.call("masked_fill", product, zero, ZERO);
  }

  private static TensorRef tensor(Datum operand) {
    return operand instanceof TensorRef tensor ? tensor : Scalars.ofNumber(operand);
  }

  private static Datum inDoublePrecision(Invocation call) {
    return call.call("pow", widened(call, "self"), widened(call, "exponent"));
  }

  private static Datum widened(Invocation call, String parameter) {
    Datum number = Datum.number(DType.FLOAT64.scalarType());
    return call.get(parameter) instanceof TensorRef tensor
        ? call.call("to", tensor, number)
        : call.get(parameter);
  }

  /** Half to even; {@code decimals} digits behind the point, or before it. */
  private static Datum rounded(Invocation call, Datum x) {
    if (!call.has("decimals") || call.integer("decimals") == 0) {
      return ElementwiseOperators.rounded(call);
    }
    long decimals = call.integer("decimals");
    Datum scale = real(Math.pow(10, (double) Math.abs(decimals)));
    String in = decimals > 0 ? "mul" : "div";
    String out = decimals > 0 ? "div" : "mul";
    return call.call(out, call.call("round", call.call(in, x, scale)), scale);
  }
}
