package dev.lapidary.core.image;

import dev.lapidary.core.failure.Failure;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.stream.Collectors;

/**
 * An image among others that cannot be read, and the one rule of what becomes of the work then:
 * {@link OnBadImage}.
 *
 * @param name as the data call it
 * @param reason one line
 * @param format of an image in a format that is not read, such as HEIC; else empty
 */
public record BadImage(String name, String reason, String format) {
  private static final int NAMED = 20;

  public static BadImage of(String name, UndecodableImage refusal) {
    return new BadImage(name, String.valueOf(refusal.getMessage()), refusal.format());
  }

  @Override
  public String toString() {
    return name + ": " + reason;
  }

  /**
   * Refuses the data, or says what is left out of them.
   *
   * @param path of the data
   * @return lines for the user; none where nothing is bad
   * @throws Failure (exit 2) naming the first of them, unless they are to be skipped
   */
  public static List<String> judge(Path path, List<BadImage> bad, OnBadImage rule) {
    return judge(path.toString(), bad, rule);
  }

  /** The same, of images from several places. */
  public static List<String> judge(String path, List<BadImage> bad, OnBadImage rule) {
    if (bad.isEmpty()) {
      return List.of();
    }
    String count =
        bad.size() + (bad.size() == 1 ? " bad image" : " bad images") + formats(bad) + ": ";
    List<BadImage> first = bad.subList(0, Math.min(NAMED, bad.size()));
    String more = bad.size() > NAMED ? "and %d more".formatted(bad.size() - NAMED) : "";
    if (rule == OnBadImage.FAIL) {
      throw Failure.badInput(
          "[%s] %s%s%s; repair or remove them, or add --on-bad-image skip",
          path,
          count,
          first.stream().map(BadImage::toString).collect(Collectors.joining("; ")),
          more.isEmpty() ? "" : "; " + more);
    }
    List<String> lines = new ArrayList<>();
    first.forEach(image -> lines.add("left out: " + image));
    if (!more.isEmpty()) {
      lines.add("left out: " + more + formats(bad));
    }
    return lines;
  }

  private static String formats(List<BadImage> bad) {
    Map<String, Integer> counts = new TreeMap<>();
    bad.stream().map(BadImage::format).forEach(f -> counts.merge(f, 1, Integer::sum));
    counts.remove("");
    return counts.isEmpty()
        ? ""
        : counts.entrySet().stream()
            .map(f -> f.getValue() + " " + f.getKey())
            .collect(Collectors.joining(", ", " (", ")"));
  }
}
