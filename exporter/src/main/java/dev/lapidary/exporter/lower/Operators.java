package dev.lapidary.exporter.lower;

import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.SortedMap;
import java.util.SortedSet;
import java.util.TreeMap;
import java.util.TreeSet;

/** The operators that can be lowered. To add one, write it in its group's class and register it. */
final class Operators {
  private static final Operators ALL = all();

  private final SortedMap<String, Lowering> lowerings = new TreeMap<>();

  private Operators() {}

  private static Operators all() {
    Operators all = new Operators();
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
    return new TreeSet<>(ALL.lowerings.keySet());
  }

  /**
   * In-place forms ({@code aten::relu_}) are lowered as their pure ones: a graph has no mutation.
   */
  static Optional<Lowering> find(String operator) {
    Map<String, Lowering> known = ALL.lowerings;
    String pure = operator.endsWith("_") ? operator.substring(0, operator.length() - 1) : operator;
    return Optional.ofNullable(known.getOrDefault(operator, known.get(pure)));
  }

  void single(String operator, Lowering.Single lowering) {
    several(operator, op -> List.of(lowering.lower(op)));
  }

  void several(String operator, Lowering lowering) {
    if (lowerings.put(operator, lowering) != null) {
      throw new IllegalStateException(operator + " is registered twice");
    }
  }
}
