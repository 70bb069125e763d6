package dev.lapidary.core.image;

import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.stream.Collectors;

/** What lies in a folder of images and is none, by kind: nobody shall miss it without a word. */
public final class PassedOver {
  static final String SYSTEM_FILE = "hidden or a system's file";
  static final String SYSTEM_FOLDER = "hidden or a system's folder";
  static final String DANGLING = "link to nothing";
  static final String UNCLASSED = "image outside of the class folders";
  private static final int NAMED = 2;

  private final Map<String, List<String>> paths = new TreeMap<>();
  private final Map<String, Integer> counts = new TreeMap<>();

  PassedOver() {}

  void add(String kind, String path) {
    counts.merge(kind, 1, Integer::sum);
    List<String> named = paths.computeIfAbsent(kind, k -> new ArrayList<>());
    if (named.size() < NAMED) {
      named.add(path);
    }
  }

  void addAll(PassedOver other) {
    other.paths.forEach(
        (kind, named) -> {
          named.forEach(path -> add(kind, path));
          counts.merge(kind, other.counts.getOrDefault(kind, 0) - named.size(), Integer::sum);
        });
  }

  /** The same line for every program: {@code [root] passed over: 2 video (a/x.mov, a/y.mov)}. */
  public List<String> lines(Path root) {
    return counts.isEmpty()
        ? List.of()
        : List.of("[%s] passed over, no images that are read: %s".formatted(root, text()));
  }

  boolean isEmpty() {
    return counts.isEmpty();
  }

  /** Counts and examples. */
  String text() {
    return counts.entrySet().stream()
        .map(kind -> "%d %s (%s)".formatted(kind.getValue(), kind.getKey(), names(kind.getKey())))
        .collect(Collectors.joining(", "));
  }

  private String names(String kind) {
    List<String> named = paths.getOrDefault(kind, List.of());
    boolean more = counts.getOrDefault(kind, 0) > named.size();
    return String.join(", ", named) + (more ? ", ..." : "");
  }
}
