package dev.lapidary.core.cli;

import dev.lapidary.core.failure.NearNames;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.TreeSet;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Collectors;
import picocli.CommandLine;
import picocli.CommandLine.MissingParameterException;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.UnmatchedArgumentException;

/** What is said about a command line that is not understood: in the words of the help. */
final class UsageError {
  private static final Pattern LISTED =
      Pattern.compile("expected one of \\[([A-Za-z0-9_, -]+)\\] \\(case-insensitive\\)");

  /** picocli adds the name of the value, which is the source code's where none is written. */
  private static final Pattern VALUE = Pattern.compile("(--[a-z0-9-]+)=[^']+");

  private static final Pattern OPTION = Pattern.compile("-{1,2}[A-Za-z][A-Za-z0-9_-]*");

  private static final Pattern MODEL = Pattern.compile("\\.(pt|pt2|onnx)$");

  private static final Pattern CONFIGURATION = Pattern.compile("\\.ya?ml$");

  private UsageError() {}

  /** An option that is not known is said before one that is missing: it may be that one. */
  static String line(ParameterException given) {
    List<String> unmatched = given.getCommandLine().getUnmatchedArguments();
    ParameterException error =
        given instanceof MissingParameterException && !unmatched.isEmpty()
            ? new UnmatchedArgumentException(given.getCommandLine(), unmatched)
            : given;
    String message = String.valueOf(error.getMessage()).lines().findFirst().orElse("wrong usage");
    boolean missing = error instanceof MissingParameterException;
    return words(missing ? VALUE.matcher(message).replaceAll("$1") : message) + near(error);
  }

  /** The words of an option as its help has them; picocli names some twice, as Java writes them. */
  private static String words(String message) {
    Matcher listed = LISTED.matcher(message);
    if (!listed.find()) {
      return message;
    }
    Map<String, String> words = new LinkedHashMap<>();
    for (String word : listed.group(1).split(", ")) {
      String lower = word.toLowerCase(Locale.ROOT);
      words.put(lower.replace('-', '_'), lower);
    }
    return listed.replaceFirst("expected one of " + String.join(", ", words.values()));
  }

  /** By meaning first: another tool's word is no slip of the fingers. */
  private static String near(ParameterException error) {
    if (!(error instanceof UnmatchedArgumentException unmatched)) {
      return "";
    }
    CommandLine line = error.getCommandLine();
    List<String> typed = unmatched.getUnmatched();
    String first = name(typed.get(0));
    if (!OPTION.matcher(first).matches()) {
      return meant(line, first)
          .map(ours -> "; here it is " + ours)
          .orElseGet(() -> nearWord(line, first));
    }
    Map<String, String> ours = new LinkedHashMap<>();
    for (String word : typed) {
      String name = name(word);
      if (OPTION.matcher(name).matches()) {
        meant(line, name).ifPresent(option -> ours.put(name, option));
      }
    }
    String only = ours.get(first);
    if (ours.size() == 1 && only != null) {
      return "; here it is " + only;
    }
    String all =
        ours.entrySet().stream()
            .map(e -> e.getKey() + " is " + e.getValue())
            .collect(Collectors.joining(", "));
    String slip =
        only == null
            ? NearNames.hint(first, new TreeSet<>(line.getCommandSpec().optionsMap().keySet()))
            : "";
    return slip + (all.isEmpty() ? "" : "; here " + all);
  }

  private static String name(String typed) {
    int equals = typed.indexOf('=');
    return equals < 0 ? typed : typed.substring(0, equals);
  }

  /**
   * What the command has for another tool's word: what is said for this command alone, or for all;
   * no option that it has not.
   */
  private static Optional<String> meant(CommandLine line, String name) {
    Map<String, String> names = otherNames(line);
    String own = names.get(line.getCommandName() + " " + name);
    String ours = own == null ? names.get(name) : own;
    return Optional.ofNullable(ours)
        .filter(
            words ->
                !words.startsWith("--") || line.getCommandSpec().findOption(option(words)) != null);
  }

  /** {@code --ema} of {@code --ema 0.999}. */
  private static String option(String words) {
    Matcher first = OPTION.matcher(words);
    return first.lookingAt() ? first.group() : words;
  }

  /** A mistyped command, or a file whose option was left out. */
  private static String nearWord(CommandLine line, String word) {
    if (!line.getSubcommands().isEmpty()) {
      return NearNames.hint(word, new TreeSet<>(line.getSubcommands().keySet()));
    }
    String option =
        MODEL.matcher(word).find()
            ? "--model"
            : CONFIGURATION.matcher(word).find() ? "--config" : "--data";
    return line.getCommandSpec().findOption(option) == null
        ? ""
        : "; did you mean %s %s?".formatted(option, word);
  }

  private static Map<String, String> otherNames(CommandLine line) {
    CommandLine root = line;
    while (root.getParent() != null) {
      root = root.getParent();
    }
    return root.getCommandSpec().userObject() instanceof RootCommand named
        ? named.otherNames()
        : Map.of();
  }
}
