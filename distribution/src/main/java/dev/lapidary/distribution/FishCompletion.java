package dev.lapidary.distribution;

import java.util.Locale;
import java.util.Map;
import picocli.CommandLine;
import picocli.CommandLine.Model.OptionSpec;

/** Completion for fish, which picocli does not write: commands, their options, an enum's words. */
final class FishCompletion {
  private final StringBuilder text = new StringBuilder();
  private final String program;

  private FishCompletion(String program) {
    this.program = program;
  }

  static String of(CommandLine line) {
    FishCompletion fish = new FishCompletion(line.getCommandName());
    String names = String.join(" ", line.getSubcommands().keySet());
    for (Map.Entry<String, CommandLine> each : line.getSubcommands().entrySet()) {
      fish.line(
          "-n " + quoted("not __fish_seen_subcommand_from " + names),
          "-f -a " + each.getKey(),
          description(each.getValue().getCommandSpec().usageMessage().description()));
      fish.options(each.getValue(), "-n " + quoted("__fish_seen_subcommand_from " + each.getKey()));
    }
    fish.options(
        line, names.isEmpty() ? "" : "-n " + quoted("not __fish_seen_subcommand_from " + names));
    return fish.text.toString();
  }

  private void options(CommandLine line, String condition) {
    for (OptionSpec option : line.getCommandSpec().options()) {
      if (option.hidden()) {
        continue;
      }
      StringBuilder words = new StringBuilder();
      for (String name : option.names()) {
        words.append(name.startsWith("--") ? " -l " : " -s ").append(name.replaceFirst("^-+", ""));
      }
      if (option.arity().max() > 0) {
        words.append(" -r");
        Class<?> type = option.type();
        if (type.isEnum()) {
          StringBuilder choices = new StringBuilder();
          for (Object word : type.getEnumConstants()) {
            choices.append(' ').append(word.toString().toLowerCase(Locale.ROOT).replace('_', '-'));
          }
          words.append(" -f -a ").append(quoted(choices.toString().strip()));
        }
      }
      line(condition, words.toString().strip(), description(option.description()));
    }
  }

  private void line(String condition, String words, String description) {
    text.append("complete -c ").append(program).append(' ');
    if (!condition.isEmpty()) {
      text.append(condition).append(' ');
    }
    text.append(words).append(" -d ").append(quoted(description)).append('\n');
  }

  private static String description(String... lines) {
    return String.join(" ", lines).replace("%%", "%").replaceAll("\\s+", " ").strip();
  }

  /** In single quotes, in which fish reads a quote and a backslash behind a backslash. */
  private static String quoted(String words) {
    return "'" + words.replace("\\", "\\\\").replace("'", "\\'") + "'";
  }
}
