package dev.lapidary.serve.bench;

import java.util.List;
import java.util.Locale;

/**
 * How many times the images a second of another contender, over the rounds that both ran in turn:
 * the geometric mean with its 95 % confidence interval (Student's t on the logarithms, so that
 * twice as fast and half as fast are equally far from 1).
 *
 * @param verdict {@code gain}, {@code no gain} if the interval includes 1, or {@code slower}
 */
public record Gain(double ratio, double low, double high, String verdict) {
  /** Two-sided 95 % quantiles of Student's t for 1, 2, ... degrees of freedom. */
  private static final double[] T95 = {
    12.706, 4.303, 3.182, 2.776, 2.571, 2.447, 2.365, 2.306, 2.262, 2.228, 2.201, 2.179, 2.160,
    2.145, 2.131, 2.120, 2.110, 2.101, 2.093, 2.086
  };

  private static final double NORMAL95 = 1.960;

  /**
   * @param ours images a second by round
   * @param theirs of the same rounds
   */
  static Gain of(List<Double> ours, List<Double> theirs) {
    int n = ours.size();
    if (n < 2 || n != theirs.size()) {
      throw new IllegalArgumentException(
          "a ratio needs two rounds of both but there are %d and %d".formatted(n, theirs.size()));
    }
    double[] logs = new double[n];
    double mean = 0;
    for (int i = 0; i < n; i++) {
      logs[i] = Math.log(ours.get(i) / theirs.get(i));
      mean += logs[i] / n;
    }
    double squares = 0;
    for (double log : logs) {
      squares += (log - mean) * (log - mean);
    }
    double t = n - 2 < T95.length ? T95[n - 2] : NORMAL95;
    double half = t * Math.sqrt(squares / (n - 1) / n);
    double low = Math.exp(mean - half);
    double high = Math.exp(mean + half);
    return new Gain(Math.exp(mean), low, high, low > 1 ? "gain" : high < 1 ? "slower" : "no gain");
  }

  String text() {
    return String.format(Locale.ROOT, "x%.2f [%.2f, %.2f] %s", ratio, low, high, verdict);
  }
}
