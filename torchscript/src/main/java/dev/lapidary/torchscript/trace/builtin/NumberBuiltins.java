package dev.lapidary.torchscript.trace.builtin;

import dev.lapidary.torchscript.graph.Dim;
import dev.lapidary.torchscript.trace.limit.Refusal;
import dev.lapidary.torchscript.trace.value.Datum;
import dev.lapidary.torchscript.trace.value.Dims;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** Python's arithmetic on int, float and bool, as TorchScript has it. */
public final class NumberBuiltins {
  private NumberBuiltins() {}

  static @Nullable Datum call(String name, List<Datum> arguments) {
    if (arguments.size() == 2
        && arguments.get(0) instanceof Datum.Least least
        && arguments.get(1) instanceof Datum.Int bound
        && !bound.value().perBatch()) {
      return compared(name, least, bound.value());
    }
    if (arguments.isEmpty() || !arguments.stream().allMatch(ListBuiltins::isNumber)) {
      return plain(name, arguments);
    }
    return switch (arguments.size()) {
      case 1 -> unary(name, arguments.get(0));
      case 2 ->
          isBinary(name)
              ? binary(name, arguments.get(0), arguments.get(1))
              : MathBuiltins.ofTwo(name, arguments.get(0), arguments.get(1));
      default -> null;
    };
  }

  /** Comparison of what is neither a number nor a list: devices, enums, None. */
  private static @Nullable Datum plain(String name, List<Datum> arguments) {
    if (arguments.size() != 2
        || !(arguments.get(0) instanceof Datum.Plain a)
        || !(arguments.get(1) instanceof Datum.Plain b)) {
      return null;
    }
    return switch (name) {
      case "eq" -> Datum.bool(a.equals(b));
      case "ne" -> Datum.bool(!a.equals(b));
      default -> null;
    };
  }

  /** {@code min(size)} of sizes of which some depend on the batch. */
  static Datum least(List<Datum> numbers) {
    List<Dim> sizes = numbers.stream().map(NumberBuiltins::integer).distinct().toList();
    return sizes.size() == 1 ? numbers.get(0) : new Datum.Least(sizes);
  }

  private static @Nullable Datum compared(String name, Datum.Least least, Dim bound) {
    return switch (name) {
      case "lt" -> Datum.bool(isBelow(least, bound));
      case "ge" -> Datum.bool(!isBelow(least, bound));
      case "le" -> Datum.bool(isBelow(least, Dims.add(bound, Dim.of(1))));
      case "gt" -> Datum.bool(!isBelow(least, Dims.add(bound, Dim.of(1))));
      default -> null;
    };
  }

  private static boolean isBelow(Datum.Least least, Dim bound) {
    // N is at least 1, where compare asks whether it is more.
    return least.sizes().stream()
        .filter(size -> !size.perBatch() || size.factor() < Math.max(bound.factor(), 1))
        .anyMatch(size -> Dims.compare(size, bound) < 0);
  }

  private static boolean isBinary(String name) {
    return List.of(
            "add",
            "sub",
            "mul",
            "div",
            "floordiv",
            "floor_divide",
            "remainder",
            "pow",
            "eq",
            "ne",
            "lt",
            "le",
            "gt",
            "ge",
            "min",
            "max",
            "__and__",
            "__or__",
            "__xor__",
            "__lshift__",
            "__rshift__")
        .contains(name);
  }

  private static @Nullable Datum unary(String name, Datum a) {
    if (a instanceof Datum.Int i && List.of("neg", "abs", "floor", "ceil").contains(name)) {
      boolean flip =
          name.equals("neg") || (name.equals("abs") && Dims.compare(i.value(), Dim.of(0)) < 0);
      return flip ? new Datum.Int(Dims.negate(i.value())) : a;
    }
    return switch (name) {
      case "neg" -> new Datum.Real(-a.toDouble());
      case "abs" -> new Datum.Real(Math.abs(a.toDouble()));
      case "floor" -> Datum.number((long) Math.floor(a.toDouble()));
      case "ceil" -> Datum.number((long) Math.ceil(a.toDouble()));
      default -> MathBuiltins.ofOne(name, a);
    };
  }

  public static Datum binary(String name, Datum a, Datum b) {
    return switch (name) {
      case "eq" -> Datum.bool(equal(a, b));
      case "ne" -> Datum.bool(!equal(a, b));
      case "lt" -> Datum.bool(compare(a, b) < 0);
      case "le" -> Datum.bool(compare(a, b) <= 0);
      case "gt" -> Datum.bool(compare(a, b) > 0);
      case "ge" -> Datum.bool(compare(a, b) >= 0);
      case "min" -> compare(a, b) <= 0 ? a : b;
      case "max" -> compare(a, b) >= 0 ? a : b;
      case "__and__", "__or__", "__xor__" -> logic(name, a, b);
      case "__lshift__", "__rshift__" -> shifted(name, a.toLong(), b.toLong());
      default ->
          a instanceof Datum.Real || b instanceof Datum.Real || name.equals("div")
              ? real(name, a, b)
              : integer(name, integer(a), integer(b));
    };
  }

  private static Datum logic(String name, Datum a, Datum b) {
    if (a instanceof Datum.Bool x && b instanceof Datum.Bool y) {
      return Datum.bool(
          switch (name) {
            case "__and__" -> x.value() && y.value();
            case "__or__" -> x.value() || y.value();
            default -> x.value() != y.value();
          });
    }
    long x = a.toLong();
    long y = b.toLong();
    return Datum.number(
        switch (name) {
          case "__and__" -> x & y;
          case "__or__" -> x | y;
          default -> x ^ y;
        });
  }

  private static Datum shifted(String name, long value, long by) {
    if (by < 0 || by >= Long.SIZE) {
      throw Refusal.wrong("a shift by %d bits", by);
    }
    return Datum.number(name.equals("__lshift__") ? value << by : value >> by);
  }

  static Datum integer(String name, Dim a, Dim b) {
    if (name.equals("pow")) {
      long exponent = Dims.constant(b);
      return exponent < 0
          ? new Datum.Real(Math.pow((double) Dims.constant(a), (double) exponent))
          : Datum.number(power(Dims.constant(a), exponent));
    }
    return new Datum.Int(
        switch (name) {
          case "add" -> Dims.add(a, b);
          case "sub" -> Dims.subtract(a, b);
          case "mul" -> Dims.multiply(a, b);
          case "floordiv", "floor_divide" -> Dims.floorDivide(a, b);
          case "remainder" -> Dims.remainder(a, b);
          default -> throw Refusal.unsupported("%s of two ints", name);
        });
  }

  private static long power(long base, long exponent) {
    long result = 1;
    for (long i = 0; i < exponent; i++) {
      if (i > 64 && Math.abs(base) > 1) {
        throw new ArithmeticException("long overflow");
      }
      if (i > 64) {
        return exponent % 2 == 0 ? base * base : base;
      }
      result = Math.multiplyExact(result, base);
    }
    return result;
  }

  private static Datum real(String name, Datum left, Datum right) {
    double a = left.toDouble();
    double b = right.toDouble();
    if (b == 0 && List.of("floordiv", "floor_divide", "remainder").contains(name)) {
      throw Refusal.wrong("division by zero");
    }
    return new Datum.Real(
        switch (name) {
          case "add" -> a + b;
          case "sub" -> a - b;
          case "mul" -> a * b;
          case "div" -> a / b;
          case "floordiv", "floor_divide" -> Math.floor(a / b);
          case "remainder" -> a - (b * Math.floor(a / b));
          case "pow" -> Math.pow(a, b);
          default -> throw Refusal.unsupported("%s of two floats", name);
        });
  }

  static boolean equal(Datum a, Datum b) {
    if (a instanceof Datum.Real || b instanceof Datum.Real) {
      return a.toDouble() == b.toDouble();
    }
    return Dims.equal(integer(a), integer(b));
  }

  private static int compare(Datum a, Datum b) {
    return a instanceof Datum.Real || b instanceof Datum.Real
        ? Double.compare(a.toDouble(), b.toDouble())
        : Dims.compare(integer(a), integer(b));
  }

  private static Dim integer(Datum datum) {
    return datum instanceof Datum.Int i ? i.value() : Dim.of(datum.toLong());
  }
}
