package dev.lapidary.benchmarks;

import java.util.Arrays;
import java.util.List;

/** The middle one of several rounds, which noise beside it moves least. */
final class Median {
  private Median() {}

  static double of(List<Double> values) {
    return values.stream().sorted().toList().get(values.size() / 2);
  }

  static double of(double[] values) {
    double[] sorted = values.clone();
    Arrays.sort(sorted);
    return sorted[sorted.length / 2];
  }
}
