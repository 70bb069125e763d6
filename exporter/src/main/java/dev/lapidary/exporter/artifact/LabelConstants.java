package dev.lapidary.exporter.artifact;

import java.text.Normalizer;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Set;

/**
 * Names of constants for labels. Accents go, letters become capitals, all between letters and
 * digits becomes one {@code _}; what is empty then, or begins with a digit, gets {@code LABEL_} in
 * front; labels that would share a name get {@code _INDEX} behind.
 */
final class LabelConstants {
  /** More are no help to anyone who writes code. */
  static final int MAX_LABELS = 2000;

  private LabelConstants() {}

  /** By index; none for more than {@link #MAX_LABELS} labels. */
  static List<String> of(List<String> labels) {
    if (labels.size() > MAX_LABELS) {
      return List.of();
    }
    List<String> plain = labels.stream().map(LabelConstants::constant).toList();
    Map<String, Integer> counts = new HashMap<>();
    plain.forEach(name -> counts.merge(name, 1, Integer::sum));
    Set<String> taken = new HashSet<>(plain);
    List<String> names = new ArrayList<>(plain.size());
    for (int i = 0; i < plain.size(); i++) {
      String name = plain.get(i);
      if (counts.getOrDefault(name, 0) > 1) {
        String numbered = name + "_" + i;
        while (!taken.add(numbered)) {
          numbered += "_";
        }
        name = numbered;
      }
      names.add(name);
    }
    return names;
  }

  private static String constant(String label) {
    String upper =
        Normalizer.normalize(label, Normalizer.Form.NFD)
            .replaceAll("\\p{M}+", "")
            .toUpperCase(Locale.ROOT);
    String name = upper.replaceAll("[^\\p{L}\\p{Nd}]+", "_").replaceAll("^_+|_+$", "");
    return name.isEmpty() || !Character.isJavaIdentifierStart(name.codePointAt(0))
        ? ("LABEL_" + name).replaceAll("_$", "")
        : name;
  }
}
