package dev.lapidary.torchscript.trace.builtin;

import dev.lapidary.torchscript.trace.limit.ProgramRefusal;
import dev.lapidary.torchscript.trace.value.Elementary;
import dev.lapidary.torchscript.trace.value.IValue;
import java.math.BigInteger;
import java.util.List;
import java.util.Map;
import java.util.function.DoubleBinaryOperator;
import java.util.function.DoublePredicate;
import java.util.function.DoubleUnaryOperator;
import java.util.stream.LongStream;
import org.jspecify.annotations.Nullable;

/** Python's {@code math} on numbers that are known. */
final class MathBuiltins {
  private static final long GREATEST_FACTORIAL = 20;

  private static final Map<String, DoubleUnaryOperator> OF_ONE =
      Map.ofEntries(
          Map.entry("sqrt", Math::sqrt),
          Map.entry("exp", Math::exp),
          Map.entry("expm1", Math::expm1),
          Map.entry("log", Math::log),
          Map.entry("log1p", Math::log1p),
          Map.entry("log2", Elementary::log2),
          Map.entry("log10", Math::log10),
          Map.entry("sin", Math::sin),
          Map.entry("cos", Math::cos),
          Map.entry("tan", Math::tan),
          Map.entry("asin", Math::asin),
          Map.entry("acos", Math::acos),
          Map.entry("atan", Math::atan),
          Map.entry("sinh", Math::sinh),
          Map.entry("cosh", Math::cosh),
          Map.entry("tanh", Math::tanh),
          Map.entry("asinh", Elementary::asinh),
          Map.entry("acosh", Elementary::acosh),
          Map.entry("atanh", Elementary::atanh),
          Map.entry("fabs", Math::abs),
          Map.entry("degrees", Math::toDegrees),
          Map.entry("radians", Math::toRadians),
          Map.entry("round", Math::rint));

  private static final Map<String, DoubleBinaryOperator> OF_TWO =
      Map.of(
          "log", (x, base) -> Math.log(x) / Math.log(base),
          "atan2", Math::atan2,
          "copysign", Math::copySign,
          "fmod", (x, y) -> x % y,
          "mathremainder", Math::IEEEremainder);

  private static final Map<String, DoublePredicate> ASKED =
      Map.of(
          "isnan", Double::isNaN,
          "isinf", Double::isInfinite,
          "isfinite", Double::isFinite);

  private MathBuiltins() {}

  static @Nullable IValue ofOne(String name, IValue a) {
    DoubleUnaryOperator operator = OF_ONE.get(name);
    if (operator != null) {
      return new IValue.Real(operator.applyAsDouble(a.toDouble()));
    }
    DoublePredicate asked = ASKED.get(name);
    if (asked != null) {
      return IValue.bool(asked.test(a.toDouble()));
    }
    return switch (name) {
      case "factorial" -> factorial(a.toLong());
      case "modf" -> modf(a.toDouble());
      case "frexp" -> frexp(a.toDouble());
      default -> null;
    };
  }

  static @Nullable IValue ofTwo(String name, IValue a, IValue b) {
    DoubleBinaryOperator operator = OF_TWO.get(name);
    if (operator != null) {
      return new IValue.Real(operator.applyAsDouble(a.toDouble(), b.toDouble()));
    }
    return switch (name) {
      case "gcd" -> gcd(a.toLong(), b.toLong());
      case "ldexp" -> new IValue.Real(Math.scalb(a.toDouble(), Math.toIntExact(b.toLong())));
      case "divmod" ->
          IValue.TupleOf.of(
              List.of(
                  NumberBuiltins.binary("floordiv", a, b),
                  NumberBuiltins.binary("remainder", a, b)));
      default -> null;
    };
  }

  private static IValue factorial(long n) {
    if (n < 0 || n > GREATEST_FACTORIAL) {
      throw ProgramRefusal.wrong("the factorial of %d; expected 0 to %d", n, GREATEST_FACTORIAL);
    }
    return IValue.number(LongStream.rangeClosed(2, n).reduce(1, (a, b) -> a * b));
  }

  private static IValue gcd(long a, long b) {
    return IValue.number(BigInteger.valueOf(a).gcd(BigInteger.valueOf(b)).longValueExact());
  }

  /** The part behind the point, and the whole part. */
  private static IValue modf(double x) {
    double whole = x < 0 ? Math.ceil(x) : Math.floor(x);
    double part = Double.isInfinite(x) ? 0 : x - whole;
    return IValue.TupleOf.of(
        List.of(new IValue.Real(Math.copySign(part, x)), new IValue.Real(whole)));
  }

  /** A fraction of at least a half, and the power of two. */
  private static IValue frexp(double x) {
    boolean plain = x == 0 || !Double.isFinite(x);
    int exponent =
        plain ? 0 : Math.getExponent(Math.abs(x) < Double.MIN_NORMAL ? x * 0x1p54 : x) + 1;
    exponent -= !plain && Math.abs(x) < Double.MIN_NORMAL ? 54 : 0;
    double fraction =
        plain ? x : Math.scalb(Math.scalb(x, -exponent / 2), -exponent + exponent / 2);
    return IValue.TupleOf.of(List.of(new IValue.Real(fraction), IValue.number(exponent)));
  }
}
