package dev.lapidary.trainer.report;

/** A 95 % confidence interval of a fraction, in [0, 1]. */
public record Interval(double low, double high) {
  /** The 97.5 % quantile of the normal distribution. */
  private static final double Z = 1.959963984540054;

  /**
   * The score interval of Wilson (1927), which keeps its coverage near 0 and 1 and for few images,
   * where the usual {@code p ± 1.96 sqrt(p(1-p)/n)} does not.
   */
  public static Interval wilson(long hits, long of) {
    if (of < 1 || hits < 0 || hits > of) {
      throw new IllegalArgumentException(hits + " of " + of);
    }
    double n = (double) of;
    double p = (double) hits / n;
    double z2 = Z * Z;
    double centre = (p + z2 / (2 * n)) / (1 + z2 / n);
    double half = Z / (1 + z2 / n) * Math.sqrt(p * (1 - p) / n + z2 / (4 * n * n));
    return new Interval(
        hits == 0 ? 0 : Math.max(0, centre - half), hits == of ? 1 : Math.min(1, centre + half));
  }
}
