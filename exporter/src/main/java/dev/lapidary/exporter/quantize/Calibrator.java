package dev.lapidary.exporter.quantize;

import java.util.List;

/** Chooses the range that a tensor's integers cover, from the histogram of its values. */
sealed interface Calibrator permits MinMax, Percentile, Entropy, SquaredError {
  /** As the model card says it. */
  String label();

  /** A pure function; the result lies inside of what was observed. */
  Range range(Histogram values);

  /** All that {@code auto} tries, the plainest first: it wins a tie. */
  static List<Calibrator> all() {
    return List.of(
        new MinMax(),
        new Percentile(99.9999),
        new Percentile(99.999),
        new Percentile(99.99),
        new SquaredError(),
        new Entropy());
  }
}
