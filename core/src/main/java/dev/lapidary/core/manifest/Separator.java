package dev.lapidary.core.manifest;

import java.util.Arrays;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import java.util.regex.Pattern;

/** What divides a CSV's columns. */
final class Separator {
  /** The line that Excel reads and writes above a header, such as {@code sep=;}. */
  static final String SAYING = "sep=";

  private static final List<Character> KNOWN = List.of(',', ';', '\t', '|');

  private Separator() {}

  /** What the first line says that it is, if it says so. */
  static Optional<Character> said(String text) {
    String line = firstLine(text).strip().toLowerCase(Locale.ROOT);
    return line.startsWith(SAYING) && line.length() <= SAYING.length() + 1
        ? Optional.of(line.length() > SAYING.length() ? line.charAt(SAYING.length()) : '\t')
        : Optional.empty();
  }

  /**
   * The first of {@code , ;}, tab and {@code |} by which a column of the header names the images.
   */
  static char of(String text) {
    String header = firstLine(text);
    return KNOWN.stream()
        .filter(
            separator ->
                Arrays.stream(header.split(Pattern.quote(String.valueOf(separator)), -1))
                    .map(column -> column.strip().replaceAll("^\"|\"$", "").strip())
                    .anyMatch(Row::namesPath))
        .filter(separator -> header.indexOf(separator) >= 0)
        .findFirst()
        .orElse(',');
  }

  private static String firstLine(String text) {
    return text.lines().filter(line -> !line.isBlank()).findFirst().orElse("");
  }
}
