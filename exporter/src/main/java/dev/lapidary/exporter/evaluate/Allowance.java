package dev.lapidary.exporter.evaluate;

/**
 * What evaluating constants may cost, over all operators that get the same one: a file of others
 * can ask much with a few numbers. What is beyond is left to the runtime.
 */
public final class Allowance {
  /** Numbers that one operator makes, or positions that it looks up: 32 MB. */
  private static final long MOST_HELD = 1 << 22;

  /** Multiply-adds: a third of a second. */
  private long steps = 1 << 28;

  /** Whether as many multiply-adds as the product says are left; if so, they are spent. */
  boolean spends(long... factors) {
    long wanted = product(factors, steps);
    if (wanted > steps) {
      return false;
    }
    steps -= wanted;
    return true;
  }

  static boolean holds(long... factors) {
    return product(factors, MOST_HELD) <= MOST_HELD;
  }

  /** Or something above the limit. */
  private static long product(long[] factors, long limit) {
    long product = 1;
    for (long factor : factors) {
      if (factor == 0) {
        return 0;
      }
      product = product > limit / factor ? limit + 1 : product * factor;
    }
    return product;
  }
}
