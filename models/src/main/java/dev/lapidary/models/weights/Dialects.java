package dev.lapidary.models.weights;

import dev.lapidary.core.file.ResourceText;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Optional;
import java.util.regex.MatchResult;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/** Reads {@code dialects.txt}, which says how it is written. */
final class Dialects {
  private static final String FILE = "dialects.txt";
  private static final Pattern PLACEHOLDER = Pattern.compile("\\{(.+?)}|\\$(\\d)");
  private static final Pattern TERM =
      Pattern.compile("(?:(\\d+)\\*)?\\$(\\d)(?:\\[([\\d ]+)])?|(-?\\d+)");

  private Dialects() {}

  static List<Dialect> read() {
    List<Dialect> dialects = new ArrayList<>();
    List<String> lines = new ArrayList<>();
    for (String line :
        ResourceText.of(Dialects.class, FILE)
            .lines()
            .filter(l -> !l.isBlank() && !l.startsWith("#"))
            .toList()) {
      if (line.startsWith("[") && !lines.isEmpty()) {
        dialects.add(dialect(List.copyOf(lines)));
        lines.clear();
      }
      lines.add(line);
    }
    dialects.add(dialect(lines));
    return List.copyOf(dialects);
  }

  /** {@code [name]}, {@code marker}, perhaps {@code parts}, and the rules. */
  private static Dialect dialect(List<String> lines) {
    String name = lines.get(0).substring(1, lines.get(0).length() - 1);
    Pattern marker = Pattern.compile(lines.get(1).substring("marker ".length()));
    String[] parts = lines.get(2).split("parts | = ");
    Optional<Dialect.Parts> joined =
        parts.length < 3
            ? Optional.empty()
            : Optional.of(new Dialect.Parts(List.of(parts[1].split(" ")), parts[2]));
    int head = joined.isPresent() ? 3 : 2;
    return new Dialect(name, marker, () -> rules(lines.subList(head, lines.size())), joined);
  }

  private static List<Dialect.Rule> rules(List<String> lines) {
    return lines.stream().map(line -> rule(line.split(" +", 2))).toList();
  }

  private static Dialect.Rule rule(String[] pair) {
    return new Dialect.Rule(
        Pattern.compile(pair[0]),
        found -> PLACEHOLDER.matcher(pair[1]).replaceAll(p -> filled(p, found)));
  }

  private static String filled(MatchResult placeholder, MatchResult found) {
    if (placeholder.group(2) != null) {
      return Matcher.quoteReplacement(found.group(Integer.parseInt(placeholder.group(2))));
    }
    return String.valueOf(
        Arrays.stream(placeholder.group(1).split("\\+"))
            .mapToInt(term -> number(term, found))
            .sum());
  }

  private static int number(String text, MatchResult found) {
    Matcher term = TERM.matcher(text);
    if (!term.matches()) {
      throw new IllegalStateException(FILE + ": " + text + " is no number");
    }
    if (term.group(4) != null) {
      return Integer.parseInt(term.group(4));
    }
    int number = Integer.parseInt(found.group(Integer.parseInt(term.group(2))));
    if (term.group(3) != null) {
      return Integer.parseInt(term.group(3).split(" ")[number]);
    }
    return term.group(1) == null ? number : Integer.parseInt(term.group(1)) * number;
  }
}
