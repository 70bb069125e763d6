package dev.lapidary.torchscript.trace.value;

/**
 * Elementary functions that {@link Math} lacks, exact to some units in the last place of a double
 * wherever they are defined: near 0, where a plain logarithm rounds the argument away, and near the
 * greatest double, where a square overflows. The formulas are those of FreeBSD's {@code msun}.
 */
public final class Elementary {
  private static final double LN_2 = Math.log(2);

  /** Beyond it the square root of {@code x^2 +- 1} is x. */
  private static final double LARGE = 0x1p28;

  private Elementary() {}

  public static double asinh(double x) {
    double size = Math.abs(x);
    double result =
        size > LARGE
            ? Math.log(size) + LN_2
            : Math.log1p(size + size * size / (1 + Math.sqrt(1 + size * size)));
    return Math.copySign(result, x);
  }

  /** NaN below 1. */
  public static double acosh(double x) {
    double above = x - 1;
    return x > LARGE
        ? Math.log(x) + LN_2
        : Math.log1p(above + Math.sqrt(2 * above + above * above));
  }

  /** NaN beyond 1, infinite at 1. */
  public static double atanh(double x) {
    double size = Math.abs(x);
    return Math.copySign(Math.log1p(2 * size / (1 - size)) / 2, x);
  }

  /**
   * Whole for powers of 2, as C's is: a quotient of logarithms gives 29.000000000000004 of 2^29.
   */
  public static double log2(double x) {
    if (!(x > 0) || Double.isInfinite(x)) {
      return Math.log(x);
    }
    int exponent = Math.getExponent(Math.max(x, Double.MIN_NORMAL));
    double fraction = x < Double.MIN_NORMAL ? x * 0x1p1022 : Math.scalb(x, -exponent);
    while (fraction < Math.sqrt(0.5)) {
      fraction *= 2;
      exponent--;
    }
    if (fraction > Math.sqrt(2)) {
      fraction /= 2;
      exponent++;
    }
    return exponent + Math.log(fraction) / LN_2;
  }

  /** The greater one where they are equally infinite. */
  public static double logAddExp(double a, double b) {
    return a == b ? a + LN_2 : Math.max(a, b) + Math.log1p(Math.exp(-Math.abs(a - b)));
  }

  public static double logAddExp2(double a, double b) {
    return a == b ? a + 1 : Math.max(a, b) + Math.log1p(Math.pow(2, -Math.abs(a - b))) / LN_2;
  }
}
