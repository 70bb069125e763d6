package dev.lapidary.quickstart;

import java.util.List;

/**
 * A mean over seeds with its 95 % confidence interval by Student's t, which assumes that the seeds'
 * results are about normal.
 */
record SeedMean(double mean, double low, double high) {
  /** 97.5 % quantiles of Student's t for 1, 2, ... degrees of freedom. */
  private static final double[] T = {
    12.706, 4.303, 3.182, 2.776, 2.571, 2.447, 2.365, 2.306, 2.262, 2.228, 2.201, 2.179, 2.160,
    2.145, 2.131, 2.120, 2.110, 2.101, 2.093, 2.086, 2.080, 2.074, 2.069, 2.064, 2.060, 2.056,
    2.052, 2.048, 2.045
  };

  /** More seeds than this are not meant. */
  static final int MAX = T.length + 1;

  static SeedMean of(List<Double> values) {
    int n = values.size();
    if (n < 2 || n > MAX) {
      throw new IllegalArgumentException(n + " seeds; expected 2 to " + MAX);
    }
    double mean = values.stream().mapToDouble(v -> v).sum() / n;
    double squares = values.stream().mapToDouble(v -> (v - mean) * (v - mean)).sum();
    double half = T[n - 2] * Math.sqrt(squares / (n - 1) / n);
    return new SeedMean(mean, mean - half, mean + half);
  }

  boolean isAbove(SeedMean other) {
    return low > other.high;
  }
}
