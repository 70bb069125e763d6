package dev.lapidary.serve.bench;

import java.util.ArrayList;
import java.util.List;

/**
 * The geometric mean of positive numbers, one a round, with its 95 % confidence interval: Student's
 * t on their logarithms, so that twice and half are equally far from 1.
 */
public record GeometricMean(double mean, double low, double high) {
  /** Two-sided 95 % quantiles of Student's t for 1, 2, ... degrees of freedom. */
  private static final double[] T95 = {
    12.706, 4.303, 3.182, 2.776, 2.571, 2.447, 2.365, 2.306, 2.262, 2.228, 2.201, 2.179, 2.160,
    2.145, 2.131, 2.120, 2.110, 2.101, 2.093, 2.086
  };

  private static final double NORMAL95 = 1.960;

  /**
   * Of how many times the other one each is.
   *
   * @param ours by round, of at least two
   * @param theirs of the same rounds
   */
  static GeometricMean ofRatios(List<Double> ours, List<Double> theirs) {
    int n = ours.size();
    if (n < 2 || n != theirs.size()) {
      throw new IllegalArgumentException(
          "a ratio needs two rounds of both but there are %d and %d".formatted(n, theirs.size()));
    }
    List<Double> ratios = new ArrayList<>();
    for (int i = 0; i < n; i++) {
      ratios.add(ours.get(i) / theirs.get(i));
    }
    return of(ratios);
  }

  /**
   * @param values at least two
   */
  static GeometricMean of(List<Double> values) {
    int n = values.size();
    double mean = values.stream().mapToDouble(Math::log).sum() / n;
    double squares = 0;
    for (double value : values) {
      squares += (Math.log(value) - mean) * (Math.log(value) - mean);
    }
    double t = n - 2 < T95.length ? T95[n - 2] : NORMAL95;
    double half = t * Math.sqrt(squares / (n - 1) / n);
    return new GeometricMean(Math.exp(mean), Math.exp(mean - half), Math.exp(mean + half));
  }
}
