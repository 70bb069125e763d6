package dev.lapidary.torchscript.trace.value;

import dev.lapidary.torchscript.graph.SymInt;
import dev.lapidary.torchscript.trace.limit.ProgramRefusal;
import java.util.Arrays;
import java.util.List;

/** Arithmetic on integers that may be a multiple of the batch size N: exact, or refused. */
public final class SymInts {
  private SymInts() {}

  public static SymInt add(SymInt a, SymInt b) {
    if (a.factor() == 0) {
      return b;
    }
    if (b.factor() == 0) {
      return a;
    }
    if (a.perBatch() != b.perBatch()) {
      throw inexact("+", a, b);
    }
    return new SymInt(Math.addExact(a.factor(), b.factor()), a.perBatch());
  }

  public static SymInt negate(SymInt a) {
    return new SymInt(Math.negateExact(a.factor()), a.perBatch());
  }

  public static SymInt subtract(SymInt a, SymInt b) {
    return add(a, negate(b));
  }

  public static SymInt multiply(SymInt a, SymInt b) {
    if (a.perBatch() && b.perBatch()) {
      throw inexact("*", a, b);
    }
    return new SymInt(Math.multiplyExact(a.factor(), b.factor()), a.perBatch() || b.perBatch());
  }

  /** Rounds down, as Python does. */
  public static SymInt floorDivide(SymInt a, SymInt b) {
    requireDivisor(b);
    if (a.perBatch() == b.perBatch()) {
      return SymInt.of(Math.floorDiv(a.factor(), b.factor()));
    }
    if (a.factor() == 0) {
      return a;
    }
    if (b.perBatch() || a.factor() % b.factor() != 0) {
      throw inexact("//", a, b);
    }
    return new SymInt(a.factor() / b.factor(), true);
  }

  /** Has the divisor's sign, as in Python. */
  public static SymInt remainder(SymInt a, SymInt b) {
    requireDivisor(b);
    if (a.perBatch() == b.perBatch()) {
      return new SymInt(Math.floorMod(a.factor(), b.factor()), a.perBatch());
    }
    if (a.factor() == 0 || (a.perBatch() && a.factor() % b.factor() == 0)) {
      return SymInt.of(0);
    }
    throw inexact("%", a, b);
  }

  /**
   * {@code a < b}, {@code a == b} or {@code a > b} as -1, 0, 1, if it is the same for all N >= 1.
   */
  public static int compare(SymInt a, SymInt b) {
    if (a.perBatch() == b.perBatch()) {
      return Long.compare(a.factor(), b.factor());
    }
    // factor * N moves away from 0 as N grows, so its order to a constant is settled by N = 1
    // where the constant lies on the near side.
    SymInt scaled = a.perBatch() ? a : b;
    long constant = a.perBatch() ? b.factor() : a.factor();
    int sign = a.perBatch() ? 1 : -1;
    if (scaled.factor() > 0 && scaled.factor() > constant) {
      return sign;
    }
    if (scaled.factor() < 0 && scaled.factor() < constant) {
      return -sign;
    }
    throw ProgramRefusal.unsupported("a branch on the batch size: %s against %s", a, b);
  }

  public static boolean equal(SymInt a, SymInt b) {
    if (a.perBatch() != b.perBatch()) {
      SymInt scaled = a.perBatch() ? a : b;
      long constant = a.perBatch() ? b.factor() : a.factor();
      if (constant % scaled.factor() != 0) {
        return false;
      }
    }
    return compare(a, b) == 0;
  }

  public static boolean isOne(SymInt a) {
    return !a.perBatch() && a.factor() == 1;
  }

  public static SymInt product(List<SymInt> sizes) {
    SymInt product = SymInt.of(1);
    for (SymInt size : sizes) {
      product = multiply(product, size);
    }
    return product;
  }

  public static List<SymInt> of(long... sizes) {
    return Arrays.stream(sizes).mapToObj(SymInt::of).toList();
  }

  private static void requireDivisor(SymInt b) {
    if (b.factor() == 0) {
      throw ProgramRefusal.wrong("division by zero");
    }
  }

  private static ProgramRefusal inexact(String operator, SymInt a, SymInt b) {
    return ProgramRefusal.unsupported(
        "%s %s %s is no multiple of the batch size; sizes must be constant or a multiple of it",
        a, operator, b);
  }

  public static long constant(SymInt dim) {
    if (dim.perBatch()) {
      throw ProgramRefusal.unsupported("the number %s must not depend on the batch size", dim);
    }
    return dim.factor();
  }
}
