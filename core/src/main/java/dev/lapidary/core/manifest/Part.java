package dev.lapidary.core.manifest;

import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;

/** What labelled images are for, where the data themselves say so. */
public enum Part {
  ANY,
  TRAIN,
  VALIDATION,
  /** Never trained on, never validated on. */
  TEST,
  /** Left out of everything. */
  NONE;

  /** The names that tools give to parts, in lower case, the usual one first. */
  private static final Map<Part, List<String>> NAMES =
      Map.of(
          TRAIN, List.of("train", "training"),
          VALIDATION, List.of("val", "valid", "validation", "dev"),
          TEST, List.of("test", "testing"));

  /** As a list's column names it, in any case of letters; no name is any part. */
  public static Part of(String name) {
    return name.isEmpty() ? ANY : named(name).orElse(NONE);
  }

  /**
   * As a folder is called. A list's {@code eval} is of no part, since it always was: whoever wrote
   * it has its images left out.
   */
  static Optional<Part> folder(String name) {
    String lower = name.toLowerCase(Locale.ROOT);
    boolean evaluation = lower.equals("eval") || lower.equals("evaluation");
    return evaluation ? Optional.of(VALIDATION) : named(lower);
  }

  private static Optional<Part> named(String name) {
    String lower = name.toLowerCase(Locale.ROOT);
    return NAMES.entrySet().stream()
        .filter(part -> part.getValue().contains(lower))
        .map(Map.Entry::getKey)
        .findFirst();
  }

  List<String> names() {
    return NAMES.getOrDefault(this, List.of());
  }
}
