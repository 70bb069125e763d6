package dev.lapidary.exporter.quantize;

/** All that was observed: nothing is clipped, and one outlier makes every step coarse. */
record MinMax() implements Calibrator {
  @Override
  public String label() {
    return "minmax";
  }

  @Override
  public Range range(Histogram values) {
    return values.observed();
  }
}
