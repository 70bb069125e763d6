package dev.lapidary.core.cli;

import dev.lapidary.core.failure.NearNames;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Set;
import java.util.TreeSet;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
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
    String typed = unmatched.getUnmatched().get(0);
    int equals = typed.indexOf('=');
    String name = equals < 0 ? typed : typed.substring(0, equals);
    CommandLine line = error.getCommandLine();
    String meant = otherNames(line).get(name);
    if (meant != null) {
      return "; here it is " + meant;
    }
    Set<String> known =
        new TreeSet<>(
            typed.startsWith("-")
                ? line.getCommandSpec().optionsMap().keySet()
                : line.getSubcommands().keySet());
    return NearNames.hint(name, known);
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
