package dev.lapidary.exporter.evaluate;

/** The error function in double, which Java does not have. */
final class Erf {
  private Erf() {}

  /**
   * Below 3 the series 2/sqrt(pi) e^(-x^2) sum (2^n x^(2n+1) / (1*3*...*(2n+1))), whose terms are
   * all positive; above it the continued fraction of erfc (Abramowitz and Stegun, 7.1.6 and
   * 7.1.14).
   */
  static double erf(double x) {
    double a = Math.abs(x);
    double result = a < 3 ? series(a) : 1 - complement(a);
    return x < 0 ? -result : result;
  }

  private static double series(double a) {
    double term = a;
    double sum = a;
    for (int n = 1; term > sum * 1e-17; n++) {
      term *= 2 * a * a / (2 * n + 1);
      sum += term;
    }
    return 2 / Math.sqrt(Math.PI) * Math.exp(-a * a) * sum;
  }

  private static double complement(double a) {
    double fraction = a;
    for (int n = 60; n >= 1; n--) {
      fraction = a + n / 2.0 / fraction;
    }
    return Math.exp(-a * a) / (Math.sqrt(Math.PI) * fraction);
  }
}
