package dev.lapidary.exporter.quantize;

import java.math.BigDecimal;

/**
 * Cuts the outermost values: the given share of all values stays inside, the rest is clipped, half
 * of it at each side; all of it at the one side of a tensor that has only one.
 *
 * @param percent in (50, 100)
 */
record Percentile(double percent) implements Calibrator {
  @Override
  public String label() {
    return "percentile-" + BigDecimal.valueOf(percent).toPlainString();
  }

  @Override
  public Range range(Histogram values) {
    double outside = values.count() * (1 - percent / 100);
    double aSide = values.oneSided() ? outside : outside / 2;
    Range observed = values.observed();
    double max = Math.min(edge(values, 1, aSide), observed.max());
    double min = Math.max(-edge(values, -1, aSide), observed.min());
    return new Range(min, max);
  }

  /** The outer edge of the outermost bin that may not be cut, as a magnitude. */
  private static double edge(Histogram values, int sign, double mayCut) {
    double cut = 0;
    for (int i = Histogram.BINS - 1; i >= 0; i--) {
      cut += values.at(sign > 0 ? i : -i - 1);
      if (cut > mayCut) {
        return (i + 1) * values.binWidth();
      }
    }
    return 0;
  }
}
