package dev.lapidary.core.manifest;

import java.text.Normalizer;
import java.util.Collection;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.stream.IntStream;

/**
 * Labels compared as people read them: the same letters are the same label in either of Unicode's
 * forms, composed (NFC, as Linux and Windows write them) or decomposed (NFD, as older macOS does).
 */
public final class LabelNames {
  private LabelNames() {}

  /** Of each label its position among the known ones, or -1. */
  public static List<Integer> indices(List<String> labels, List<String> known) {
    Map<String, Integer> positions = new HashMap<>();
    for (int i = 0; i < known.size(); i++) {
      positions.putIfAbsent(composed(known.get(i)), i);
    }
    return labels.stream().map(label -> positions.getOrDefault(composed(label), -1)).toList();
  }

  /** Whether a label is among the known ones. */
  public static boolean contains(List<String> known, String label) {
    return indices(List.of(label), known).get(0) >= 0;
  }

  /** Each label once: as it is written, or composed where it is written in both forms. */
  static Set<String> distinct(Collection<String> labels) {
    Map<String, String> byComposed = new LinkedHashMap<>();
    for (String label : labels) {
      byComposed.merge(composed(label), label, (one, other) -> composed(label));
    }
    return new LinkedHashSet<>(byComposed.values());
  }

  /** Says how labels to measure with differ from those of training. */
  public static String unlike(List<String> labels, List<String> training) {
    return "measuring needs the classes of training: missing %s, unknown %s"
        .formatted(without(training, labels), without(labels, training));
  }

  private static List<String> without(List<String> all, List<String> less) {
    List<Integer> indices = indices(all, less);
    return IntStream.range(0, all.size())
        .filter(i -> indices.get(i) < 0)
        .mapToObj(all::get)
        .toList();
  }

  static String composed(String label) {
    return Normalizer.normalize(label, Normalizer.Form.NFC);
  }
}
