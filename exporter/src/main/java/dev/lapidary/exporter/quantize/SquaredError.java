package dev.lapidary.exporter.quantize;

/**
 * The range with the least mean squared error between a value and its round trip: 100 fractions of
 * the observed range for both ends together, then the same for each end alone.
 */
record SquaredError() implements Calibrator {
  private static final int STEPS = 100;
  private static final double SMALLEST = 0.3;

  @Override
  public String label() {
    return "mse";
  }

  @Override
  public Range range(Histogram values) {
    Range all = values.observed();
    double both = best(values, all, true, true, all);
    Range together = new Range(all.min() * both, all.max() * both);
    double high = best(values, all, false, true, together);
    Range upper = new Range(together.min(), all.max() * high);
    double low = best(values, all, true, false, upper);
    return new Range(all.min() * low, upper.max());
  }

  /** The best fraction of {@code all}'s ends, an end that does not move being {@code fixed}'s. */
  private static double best(
      Histogram values, Range all, boolean moveMin, boolean moveMax, Range fixed) {
    double bestFraction = 1;
    double minimum = Double.POSITIVE_INFINITY;
    for (int step = STEPS; step >= 1; step--) {
      double fraction = SMALLEST + (1 - SMALLEST) * step / STEPS;
      Range candidate =
          new Range(
              moveMin ? all.min() * fraction : fixed.min(),
              moveMax ? all.max() * fraction : fixed.max());
      double error = error(values, QuantParams.of(candidate, QuantType.U8));
      if (error < minimum) {
        minimum = error;
        bestFraction = fraction;
      }
    }
    return bestFraction;
  }

  /** Sum over the bins of count * (center - round trip)^2; zeros cost nothing. */
  static double error(Histogram values, QuantParams params) {
    double sum = 0;
    int first = values.observed().min() < 0 ? -Histogram.BINS : 0;
    int last = values.observed().max() > 0 ? Histogram.BINS : 0;
    for (int bin = first; bin < last; bin++) {
      long n = values.at(bin);
      if (n > 0) {
        double x = values.center(bin);
        double d = x - params.fake(x);
        sum += n * d * d;
      }
    }
    return sum;
  }
}
