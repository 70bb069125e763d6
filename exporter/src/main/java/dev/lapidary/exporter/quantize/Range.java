package dev.lapidary.exporter.quantize;

/** The real values that a tensor's integers must cover; it always holds 0, which must be exact. */
record Range(double min, double max) {
  Range {
    if (!Double.isFinite(min) || !Double.isFinite(max)) {
      throw new IllegalArgumentException("a range must be finite but is " + min + ".." + max);
    }
    min = Math.min(min, 0);
    max = Math.max(max, 0);
  }
}
