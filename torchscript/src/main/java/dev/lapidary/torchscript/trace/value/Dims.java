package dev.lapidary.torchscript.trace.value;

import dev.lapidary.torchscript.graph.Dim;
import dev.lapidary.torchscript.trace.limit.Refusal;
import java.util.List;

/** Arithmetic on integers that may be a multiple of the batch size N: exact, or refused. */
public final class Dims {
  private Dims() {}

  public static Dim add(Dim a, Dim b) {
    if (a.factor() == 0) {
      return b;
    }
    if (b.factor() == 0) {
      return a;
    }
    requireAlike("+", a, b);
    return new Dim(Math.addExact(a.factor(), b.factor()), a.perBatch());
  }

  public static Dim negate(Dim a) {
    return new Dim(Math.negateExact(a.factor()), a.perBatch());
  }

  public static Dim subtract(Dim a, Dim b) {
    return add(a, negate(b));
  }

  public static Dim multiply(Dim a, Dim b) {
    if (a.perBatch() && b.perBatch()) {
      throw inexact("*", a, b);
    }
    return new Dim(Math.multiplyExact(a.factor(), b.factor()), a.perBatch() || b.perBatch());
  }

  /** Rounds down, as Python does. */
  public static Dim floorDivide(Dim a, Dim b) {
    requireDivisor(b);
    if (a.perBatch() == b.perBatch()) {
      return Dim.of(Math.floorDiv(a.factor(), b.factor()));
    }
    if (a.factor() == 0) {
      return a;
    }
    if (b.perBatch() || a.factor() % b.factor() != 0) {
      throw inexact("//", a, b);
    }
    return new Dim(a.factor() / b.factor(), true);
  }

  /** Has the divisor's sign, as in Python. */
  public static Dim remainder(Dim a, Dim b) {
    requireDivisor(b);
    if (a.perBatch() == b.perBatch()) {
      return new Dim(Math.floorMod(a.factor(), b.factor()), a.perBatch());
    }
    if (a.factor() == 0 || (a.perBatch() && a.factor() % b.factor() == 0)) {
      return Dim.of(0);
    }
    throw inexact("%", a, b);
  }

  /**
   * {@code a < b}, {@code a == b} or {@code a > b} as -1, 0, 1, if it is the same for all N >= 1.
   */
  public static int compare(Dim a, Dim b) {
    if (a.perBatch() == b.perBatch()) {
      return Long.compare(a.factor(), b.factor());
    }
    // factor * N moves away from 0 as N grows, so its order to a constant is settled by N = 1
    // where the constant lies on the near side.
    Dim scaled = a.perBatch() ? a : b;
    long constant = a.perBatch() ? b.factor() : a.factor();
    int sign = a.perBatch() ? 1 : -1;
    if (scaled.factor() > 0 && scaled.factor() > constant) {
      return sign;
    }
    if (scaled.factor() < 0 && scaled.factor() < constant) {
      return -sign;
    }
    throw Refusal.unsupported("a branch on the batch size: %s against %s", a, b);
  }

  public static boolean equal(Dim a, Dim b) {
    if (a.perBatch() != b.perBatch()) {
      Dim scaled = a.perBatch() ? a : b;
      long constant = a.perBatch() ? b.factor() : a.factor();
      if (constant % scaled.factor() != 0) {
        return false;
      }
    }
    return compare(a, b) == 0;
  }

  public static boolean isOne(Dim a) {
    return !a.perBatch() && a.factor() == 1;
  }

  public static Dim product(List<Dim> sizes) {
    Dim product = Dim.of(1);
    for (Dim size : sizes) {
      product = multiply(product, size);
    }
    return product;
  }

  public static List<Dim> of(long... sizes) {
    return java.util.Arrays.stream(sizes).mapToObj(Dim::of).toList();
  }

  private static void requireDivisor(Dim b) {
    if (b.factor() == 0) {
      throw Refusal.wrong("division by zero");
    }
  }

  private static void requireAlike(String operator, Dim a, Dim b) {
    if (a.perBatch() != b.perBatch()) {
      throw inexact(operator, a, b);
    }
  }

  private static Refusal inexact(String operator, Dim a, Dim b) {
    return Refusal.unsupported(
        "%s %s %s is no multiple of the batch size; sizes must be constant or a multiple of it",
        a, operator, b);
  }

  public static long constant(Dim dim) {
    if (dim.perBatch()) {
      throw Refusal.unsupported("the number %s must not depend on the batch size", dim);
    }
    return dim.factor();
  }
}
