package dev.lapidary.torchscript.trace.value;

import dev.lapidary.core.tensor.DType;
import dev.lapidary.core.tensor.Tensor;
import dev.lapidary.torchscript.graph.SymInt;
import dev.lapidary.torchscript.trace.limit.ProgramRefusal;
import java.util.Locale;

/**
 * Numbers out of any value and into tensors, by the rules of Python's {@code int}, {@code float},
 * {@code bool}.
 */
public final class Scalars {
  private Scalars() {}

  public static IValue integer(IValue value) {
    if (value instanceof TensorRef tensor) {
      if (tensor.content() instanceof Content.BatchNumber batch) {
        return new IValue.Int(batch.number());
      }
      Tensor known = tensor.tensor("int()");
      return IValue.Int.of((long) single(known));
    }
    if (value instanceof IValue.Int) {
      return value;
    }
    if (value instanceof IValue.Str text) {
      return IValue.Int.of(Long.parseLong(text.value()));
    }
    return new IValue.Int(SymInt.of((long) value.toDouble()));
  }

  public static IValue real(IValue value) {
    if (value instanceof TensorRef tensor) {
      return new IValue.Real(single(tensor.tensor("float()")));
    }
    if (value instanceof IValue.Str text) {
      return new IValue.Real(parsed(text.value().strip()));
    }
    return new IValue.Real(value.toDouble());
  }

  /** An int of integers, else a float. */
  public static IValue number(TensorRef tensor) {
    return tensor.dtype().isFloating() ? real(tensor) : integer(tensor);
  }

  /** As C's {@code strtod} does, which knows words that Java's parser does not. */
  private static double parsed(String text) {
    double sign = text.startsWith("-") ? -1 : 1;
    String number = text.replaceFirst("^[+-]", "").toLowerCase(Locale.ROOT);
    return switch (number) {
      case "inf", "infinity" -> sign * Double.POSITIVE_INFINITY;
      case "nan" -> Double.NaN;
      default -> Double.parseDouble(text);
    };
  }

  /** Python's truth; a tensor that depends on the input has none in a trace. */
  public static boolean truth(IValue value) {
    if (value instanceof IValue.Bool bool) {
      return bool.value();
    }
    if (value instanceof IValue.Int i) {
      return !SymInts.equal(i.value(), SymInt.of(0));
    }
    if (value instanceof IValue.Real real) {
      return real.value() != 0;
    }
    if (value instanceof IValue.Str text) {
      return !text.value().isEmpty();
    }
    if (value instanceof IValue.ListOf list) {
      return !list.items().isEmpty();
    }
    if (value instanceof TensorRef tensor) {
      if (tensor.content() instanceof Content.BatchNumber batch) {
        return !SymInts.equal(batch.number(), SymInt.of(0));
      }
      if (!tensor.isKnown()) {
        throw ProgramRefusal.unsupported(
            "a branch on input data cannot be exported: the graph has no control flow");
      }
      return single(tensor.tensor("a branch")) != 0;
    }
    throw ProgramRefusal.wrong("%s is no condition", IValue.describe(value));
  }

  public static double single(Tensor tensor) {
    if (tensor.numel() != 1) {
      throw ProgramRefusal.wrong("a tensor of %d elements is no number", tensor.numel());
    }
    return tensor.dtype() == DType.INT64
        ? tensor.longAt(tensor.offset())
        : tensor.doubleAt(tensor.offset());
  }

  /** {@code prim::NumToTensor}. */
  public static TensorRef ofNumber(IValue number) {
    if (number instanceof IValue.Int i) {
      return ofInteger(i.value());
    }
    if (number instanceof IValue.Bool bool) {
      Tensor tensor = Tensor.zeros(DType.BOOL);
      tensor.storage().bytes().put(0, (byte) (bool.value() ? 1 : 0));
      return TensorRef.known(tensor);
    }
    Tensor tensor = Tensor.zeros(DType.FLOAT64);
    tensor.storage().bytes().putDouble(0, number.toDouble());
    return TensorRef.known(tensor);
  }

  public static TensorRef ofInteger(SymInt value) {
    return value.perBatch()
        ? new TensorRef(new Content.BatchNumber(value))
        : TensorRef.known(Tensor.of(new long[] {value.factor()}));
  }
}
