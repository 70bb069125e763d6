package dev.lapidary.exporter.lower;

import java.util.Optional;
import java.util.SortedSet;

/** The operators that can be lowered. To add one, write it in its group's class and enter it. */
final class Operators {
  private static final LoweringTable ALL = all();

  private Operators() {}

  private static LoweringTable all() {
    LoweringTable all = new LoweringTable();
    Convolutions.addTo(all);
    Normalizations.addTo(all);
    Activations.addTo(all);
    Pooling.addTo(all);
    Products.addTo(all);
    Arithmetic.addTo(all);
    Comparisons.addTo(all);
    Reductions.addTo(all);
    Shapes.addTo(all);
    Selections.addTo(all);
    Padding.addTo(all);
    Resampling.addTo(all);
    Creations.addTo(all);
    Recurrences.addTo(all);
    Quantizations.addTo(all);
    Identities.addTo(all);
    return all;
  }

  /** The names: each of them the tracer can record. */
  static SortedSet<String> names() {
    return ALL.names();
  }

  static Optional<Lowering> find(String operator) {
    return ALL.find(operator);
  }
}
