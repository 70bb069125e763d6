package dev.lapidary.torchscript.trace.builtin;

import dev.lapidary.torchscript.graph.SymInt;
import dev.lapidary.torchscript.trace.limit.ProgramRefusal;
import dev.lapidary.torchscript.trace.value.IValue;
import dev.lapidary.torchscript.trace.value.SymInts;
import java.util.List;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/** Python's arithmetic on int, float and bool, as TorchScript has it. */
public final class NumberBuiltins {
  private static final Set<String> BINARY =
      Set.of(
          """
          add sub mul div floordiv floor_divide remainder pow eq ne lt le gt ge min max __and__
          __or__ __xor__ __lshift__ __rshift__
          """
              .split("\\s+"));

  private NumberBuiltins() {}

  static @Nullable IValue call(String name, List<IValue> arguments) {
    if (arguments.size() == 2
        && arguments.get(0) instanceof IValue.Min min
        && arguments.get(1) instanceof IValue.Int bound
        && !bound.value().perBatch()) {
      return compared(name, min, bound.value());
    }
    if (arguments.isEmpty() || !arguments.stream().allMatch(IValue.Scalar.class::isInstance)) {
      return plain(name, arguments);
    }
    return switch (arguments.size()) {
      case 1 -> unary(name, arguments.get(0));
      case 2 ->
          BINARY.contains(name)
              ? binary(name, arguments.get(0), arguments.get(1))
              : MathBuiltins.ofTwo(name, arguments.get(0), arguments.get(1));
      default -> null;
    };
  }

  /** Comparison of what is neither a number nor a list: devices, enums, None. */
  private static @Nullable IValue plain(String name, List<IValue> arguments) {
    if (arguments.size() != 2
        || !(arguments.get(0) instanceof IValue.Plain a)
        || !(arguments.get(1) instanceof IValue.Plain b)) {
      return null;
    }
    return switch (name) {
      case "eq" -> IValue.bool(a.equals(b));
      case "ne" -> IValue.bool(!a.equals(b));
      default -> null;
    };
  }

  /** {@code min(size)} of sizes of which some depend on the batch. */
  static IValue min(List<IValue> numbers) {
    List<SymInt> sizes = numbers.stream().map(NumberBuiltins::integer).distinct().toList();
    return sizes.size() == 1 ? numbers.get(0) : new IValue.Min(sizes);
  }

  private static @Nullable IValue compared(String name, IValue.Min min, SymInt bound) {
    return switch (name) {
      case "lt" -> IValue.bool(isBelow(min, bound));
      case "ge" -> IValue.bool(!isBelow(min, bound));
      case "le" -> IValue.bool(isBelow(min, SymInts.add(bound, SymInt.of(1))));
      case "gt" -> IValue.bool(!isBelow(min, SymInts.add(bound, SymInt.of(1))));
      default -> null;
    };
  }

  private static boolean isBelow(IValue.Min min, SymInt bound) {
    // N is at least 1, where compare asks whether it is more.
    return min.sizes().stream()
        .filter(size -> !size.perBatch() || size.factor() < Math.max(bound.factor(), 1))
        .anyMatch(size -> SymInts.compare(size, bound) < 0);
  }

  private static @Nullable IValue unary(String name, IValue a) {
    if (a instanceof IValue.Int i && List.of("neg", "abs", "floor", "ceil").contains(name)) {
      boolean flip =
          name.equals("neg")
              || (name.equals("abs") && SymInts.compare(i.value(), SymInt.of(0)) < 0);
      return flip ? new IValue.Int(SymInts.negate(i.value())) : a;
    }
    return switch (name) {
      case "neg" -> new IValue.Real(-a.toDouble());
      case "abs" -> new IValue.Real(Math.abs(a.toDouble()));
      case "floor" -> IValue.number((long) Math.floor(a.toDouble()));
      case "ceil" -> IValue.number((long) Math.ceil(a.toDouble()));
      default -> MathBuiltins.ofOne(name, a);
    };
  }

  public static IValue binary(String name, IValue a, IValue b) {
    return switch (name) {
      case "eq" -> IValue.bool(equal(a, b));
      case "ne" -> IValue.bool(!equal(a, b));
      case "lt" -> IValue.bool(compare(a, b) < 0);
      case "le" -> IValue.bool(compare(a, b) <= 0);
      case "gt" -> IValue.bool(compare(a, b) > 0);
      case "ge" -> IValue.bool(compare(a, b) >= 0);
      case "min" -> compare(a, b) <= 0 ? a : b;
      case "max" -> compare(a, b) >= 0 ? a : b;
      case "__and__", "__or__", "__xor__" -> logic(name, a, b);
      case "__lshift__", "__rshift__" -> shifted(name, a.toLong(), b.toLong());
      default ->
          a instanceof IValue.Real || b instanceof IValue.Real || name.equals("div")
              ? real(name, a, b)
              : integer(name, integer(a), integer(b));
    };
  }

  private static IValue logic(String name, IValue a, IValue b) {
    if (a instanceof IValue.Bool x && b instanceof IValue.Bool y) {
      return IValue.bool(
          switch (name) {
            case "__and__" -> x.value() && y.value();
            case "__or__" -> x.value() || y.value();
            default -> x.value() != y.value();
          });
    }
    long x = a.toLong();
    long y = b.toLong();
    return IValue.number(
        switch (name) {
          case "__and__" -> x & y;
          case "__or__" -> x | y;
          default -> x ^ y;
        });
  }

  private static IValue shifted(String name, long value, long by) {
    if (by < 0 || by >= Long.SIZE) {
      throw ProgramRefusal.wrong("a shift by %d bits", by);
    }
    return IValue.number(name.equals("__lshift__") ? value << by : value >> by);
  }

  static IValue integer(String name, SymInt a, SymInt b) {
    if (name.equals("pow")) {
      long exponent = SymInts.constant(b);
      return exponent < 0
          ? new IValue.Real(Math.pow((double) SymInts.constant(a), (double) exponent))
          : IValue.number(power(SymInts.constant(a), exponent));
    }
    return new IValue.Int(
        switch (name) {
          case "add" -> SymInts.add(a, b);
          case "sub" -> SymInts.subtract(a, b);
          case "mul" -> SymInts.multiply(a, b);
          case "floordiv", "floor_divide" -> SymInts.floorDivide(a, b);
          case "remainder" -> SymInts.remainder(a, b);
          default -> throw ProgramRefusal.unsupported("%s of two ints", name);
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

  private static IValue real(String name, IValue left, IValue right) {
    double a = left.toDouble();
    double b = right.toDouble();
    if (b == 0 && List.of("floordiv", "floor_divide", "remainder").contains(name)) {
      throw ProgramRefusal.wrong("division by zero");
    }
    return new IValue.Real(
        switch (name) {
          case "add" -> a + b;
          case "sub" -> a - b;
          case "mul" -> a * b;
          case "div" -> a / b;
          case "floordiv", "floor_divide" -> Math.floor(a / b);
          case "remainder" -> a - (b * Math.floor(a / b));
          case "pow" -> Math.pow(a, b);
          default -> throw ProgramRefusal.unsupported("%s of two floats", name);
        });
  }

  static boolean equal(IValue a, IValue b) {
    if (a instanceof IValue.Real || b instanceof IValue.Real) {
      return a.toDouble() == b.toDouble();
    }
    return SymInts.equal(integer(a), integer(b));
  }

  private static int compare(IValue a, IValue b) {
    return a instanceof IValue.Real || b instanceof IValue.Real
        ? Double.compare(a.toDouble(), b.toDouble())
        : SymInts.compare(integer(a), integer(b));
  }

  static SymInt integer(IValue ivalue) {
    return ivalue instanceof IValue.Int i ? i.value() : SymInt.of(ivalue.toLong());
  }
}
