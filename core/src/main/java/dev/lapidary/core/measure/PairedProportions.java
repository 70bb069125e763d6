package dev.lapidary.core.measure;

/**
 * Two models' hits on the same images, and how far the difference may be chance.
 *
 * @param both images that both get right
 * @param onlyFirst those that only the first one does
 * @param onlySecond those that only the second one does
 * @param neither those that none does
 */
public record PairedProportions(long both, long onlyFirst, long onlySecond, long neither) {
  /** Of the normal distribution: so many standard errors to each side are 95 % of it. */
  public static final double Z = 1.959963984540054;

  public PairedProportions {
    if (both < 0 || onlyFirst < 0 || onlySecond < 0 || neither < 0) {
      throw new IllegalArgumentException("a count is negative");
    }
    if (both + onlyFirst + onlySecond + neither == 0) {
      throw new IllegalArgumentException("there are no images");
    }
  }

  public long images() {
    return both + onlyFirst + onlySecond + neither;
  }

  /** The first one's share of hits, in [0, 1]. */
  public double first() {
    return (both + onlyFirst) / (double) images();
  }

  public double second() {
    return (both + onlySecond) / (double) images();
  }

  /** The first one's share less the second one's. */
  public double difference() {
    return (onlyFirst - onlySecond) / (double) images();
  }

  /** Of {@link #difference}, as the counts are: 0 where both hit the same images. */
  public double standardError() {
    double n = images();
    return Math.sqrt(Math.max(0, (onlyFirst + onlySecond) / n - difference() * difference()) / n);
  }

  /**
   * The 95 % interval of {@link #difference}: method 10 of Newcombe (Improved confidence intervals
   * for the difference between binomial proportions based on paired data, 1998), Wilson's intervals
   * of both shares joined by their correlation.
   *
   * @return low and high
   */
  public double[] interval() {
    double[] one = wilson(both + onlyFirst);
    double[] two = wilson(both + onlySecond);
    double below = distance(first() - one[0], two[1] - second());
    double above = distance(one[1] - first(), second() - two[0]);
    return new double[] {difference() - below, difference() + above};
  }

  private double distance(double a, double b) {
    return Math.sqrt(Math.max(0, a * a - 2 * correlation() * a * b + b * b));
  }

  /** phi, corrected for continuity where it is positive. */
  private double correlation() {
    double product = (double) both * neither - (double) onlyFirst * onlySecond;
    double corrected = product > 0 ? Math.max(0, product - images() / 2.0) : product;
    double margins =
        Math.sqrt((double) (both + onlyFirst) * (onlySecond + neither))
            * Math.sqrt((double) (both + onlySecond) * (onlyFirst + neither));
    return margins == 0 ? 0 : corrected / margins;
  }

  private double[] wilson(long hits) {
    double n = images();
    double p = hits / n;
    double middle = p + Z * Z / (2 * n);
    double half = Z * Math.sqrt(p * (1 - p) / n + Z * Z / (4 * n * n));
    double scale = 1 + Z * Z / n;
    return new double[] {
      Math.max(0, (middle - half) / scale), Math.min(1, (middle + half) / scale)
    };
  }
}
