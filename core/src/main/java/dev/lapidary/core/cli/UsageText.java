package dev.lapidary.core.cli;

import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashSet;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import picocli.CommandLine;
import picocli.CommandLine.Help;
import picocli.CommandLine.Help.Ansi.Text;
import picocli.CommandLine.Model.ArgSpec;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Model.OptionSpec;
import picocli.CommandLine.Model.PositionalParamSpec;
import picocli.CommandLine.Model.UsageMessageSpec;

/**
 * The help of a command: a synopsis of what must be given, its options in sections, defaults where
 * a person would type them, no name that only the source code has.
 */
final class UsageText {
  private static final int NAMES_WIDTH = 30;
  private static final int LONGEST_CHOICE = 34;
  private static final String OTHER = "Other";

  /** Of every command. */
  private static final HelpSection GENERAL =
      new HelpSection(
          "General",
          List.of("--help", "--help-all", "--quiet", "--version", "--stacktrace"),
          List.of());

  private final Help help;
  private final boolean all;

  private UsageText(Help help, boolean all) {
    this.help = help;
    this.all = all;
  }

  /**
   * @param all whether options are shown that are rarely needed
   */
  static void install(CommandLine line, boolean all) {
    Map<String, CommandLine.IHelpSectionRenderer> renderers = line.getHelpSectionMap();
    renderers.put(
        UsageMessageSpec.SECTION_KEY_SYNOPSIS, help -> new UsageText(help, all).synopsis());
    renderers.put(
        UsageMessageSpec.SECTION_KEY_PARAMETER_LIST, help -> new UsageText(help, all).parameters());
    renderers.put(
        UsageMessageSpec.SECTION_KEY_OPTION_LIST, help -> new UsageText(help, all).options());
    renderers.put(
        UsageMessageSpec.SECTION_KEY_DESCRIPTION, help -> new UsageText(help, all).description());
    line.setHelpSectionMap(renderers);
  }

  /** Whether the command has options that only --help-all shows. */
  static boolean hasMore(CommandLine line) {
    return sections(line.getCommandSpec()).stream().anyMatch(s -> !s.more().isEmpty());
  }

  private static List<HelpSection> sections(CommandSpec spec) {
    return spec.userObject() instanceof HelpSection.Command sectioned
        ? sectioned.sections()
        : List.of();
  }

  private String synopsis() {
    CommandSpec spec = help.commandSpec();
    StringBuilder text = new StringBuilder(spec.qualifiedName());
    for (OptionSpec option : spec.options()) {
      if (option.required() && option.group() == null) { // of a group one is enough, or none
        text.append(' ').append(option.longestName()).append('=').append(label(option));
      }
    }
    text.append(" [OPTION...]");
    for (PositionalParamSpec parameter : spec.positionalParameters()) {
      String label = label(parameter);
      String several = parameter.arity().max() > 1 || parameter.isMultiValue() ? "..." : "";
      text.append(' ')
          .append(parameter.arity().min() == 0 ? "[" + label + several + "]" : label + several);
    }
    if (!spec.subcommands().isEmpty()) {
      text.append(" COMMAND");
    }
    return text + "%n".formatted();
  }

  private String parameters() {
    StringBuilder rows = new StringBuilder();
    for (PositionalParamSpec parameter : help.commandSpec().positionalParameters()) {
      String label = label(parameter);
      rows.append(row(label, help.colorScheme().parameterText(label), description(parameter)));
    }
    return rows.isEmpty() ? "" : "%n".formatted() + rows;
  }

  private String options() {
    List<HelpSection> sections = new ArrayList<>(sections(help.commandSpec()));
    Set<String> named = new HashSet<>(GENERAL.usual());
    sections.forEach(s -> Stream.of(s.usual(), s.more()).forEach(named::addAll));
    List<OptionSpec> visible =
        help.commandSpec().options().stream().filter(option -> !option.hidden()).toList();
    List<String> remainder =
        visible.stream().map(OptionSpec::longestName).filter(n -> !named.contains(n)).toList();
    sections.add(new HelpSection(sections.isEmpty() ? "Options" : OTHER, remainder, List.of()));
    sections.add(GENERAL);
    StringBuilder text = new StringBuilder();
    int hidden = 0;
    for (HelpSection section : sections) {
      text.append(section(section));
      hidden += all ? 0 : section.more().size();
    }
    if (hidden > 0) {
      text.append(
          "%n%d more options: %s --help-all%n"
              .formatted(hidden, help.commandSpec().qualifiedName()));
    }
    return text.toString();
  }

  private String section(HelpSection section) {
    List<String> names = new ArrayList<>(section.usual());
    if (all) {
      names.addAll(section.more());
    }
    StringBuilder rows = new StringBuilder();
    for (String name : names) {
      OptionSpec option = help.commandSpec().findOption(name);
      if (option != null) {
        Text coloured =
            help.colorScheme()
                .optionText(names(option))
                .concat(help.colorScheme().optionParamText(value(option)));
        rows.append(row(names(option) + value(option), coloured, description(option)));
      }
    }
    Text heading = help.colorScheme().ansi().new Text("@|bold " + section.heading() + "|@");
    return rows.isEmpty() ? "" : "%n%s%n%s".formatted(heading, rows);
  }

  /** Names have a column of their own; what is too long for it has a line of its own. */
  private String row(String names, Text coloured, String description) {
    int width = help.commandSpec().usageMessage().width();
    List<String> lines = wrapped(description, width - NAMES_WIDTH - 1);
    StringBuilder text = new StringBuilder("  ").append(coloured);
    int at = 2 + names.length();
    if (at >= NAMES_WIDTH) {
      text.append(System.lineSeparator());
      at = 0;
    }
    for (String line : lines) {
      text.append(" ".repeat(NAMES_WIDTH - at)).append(line).append(System.lineSeparator());
      at = 0;
    }
    return lines.isEmpty() ? text + System.lineSeparator() : text.toString();
  }

  /** Between words only, so that names and numbers stay whole. */
  private static List<String> wrapped(String text, int width) {
    List<String> lines = new ArrayList<>();
    StringBuilder line = new StringBuilder();
    for (String word : text.strip().split(" +")) {
      if (!line.isEmpty() && line.length() + 1 + word.length() > width) {
        lines.add(line.toString());
        line.setLength(0);
      }
      line.append(line.isEmpty() ? "" : " ").append(word);
    }
    lines.add(line.toString());
    return lines;
  }

  private String description() {
    String text = String.join(" ", help.commandSpec().usageMessage().description());
    int width = help.commandSpec().usageMessage().width();
    return String.join(System.lineSeparator(), wrapped(text.formatted(), width))
        + System.lineSeparator();
  }

  private static String names(OptionSpec option) {
    return Arrays.stream(option.names())
        .sorted((a, b) -> Integer.compare(a.length(), b.length()))
        .collect(Collectors.joining(", "));
  }

  private static String value(OptionSpec option) {
    if (option.arity().max() == 0) {
      return "";
    }
    return option.arity().min() == 0 ? "[=" + label(option) + "]" : "=" + label(option);
  }

  /** A word for the value: what is written in the source, or by its type. */
  static String label(ArgSpec arg) {
    if (!arg.paramLabel().startsWith("<")) {
      return arg.paramLabel();
    }
    Class<?> type =
        arg.isMultiValue() || arg.type() == Optional.class ? arg.auxiliaryTypes()[0] : arg.type();
    String several = arg.isMultiValue() && !arg.splitRegex().isEmpty() ? ",..." : "";
    Optional<String> choice = choice(arg).filter(c -> c.length() <= LONGEST_CHOICE);
    if (choice.isPresent()) {
      return choice.get();
    }
    if (type.isEnum() || arg.completionCandidates() != null) {
      return "NAME";
    }
    if (type == Path.class) {
      return "PATH" + several;
    }
    if (type == int.class || type == Integer.class || type == long.class || type == Long.class) {
      return "N" + several;
    }
    return (Number.class.isAssignableFrom(type) || type.isPrimitive() ? "X" : "TEXT") + several;
  }

  /** The words that can be given, as they are typed. */
  private static Optional<String> choice(ArgSpec arg) {
    List<String> words = new ArrayList<>();
    if (arg.completionCandidates() != null) {
      arg.completionCandidates().forEach(words::add);
    } else if (arg.type().isEnum()) {
      Arrays.stream(arg.type().getEnumConstants()).map(String::valueOf).forEach(words::add);
    }
    return words.isEmpty()
        ? Optional.empty()
        : Optional.of(
            words.stream().map(w -> w.toLowerCase(Locale.ROOT)).collect(Collectors.joining("|")));
  }

  static String description(ArgSpec arg) {
    String text = String.join(" ", arg.description()).formatted();
    if (arg.completionCandidates() != null) {
      for (String word : arg.completionCandidates()) {
        text = text.replaceAll("\\b" + word + "\\b", word.toLowerCase(Locale.ROOT));
      }
    }
    Optional<String> standard = standard(arg);
    return standard.isEmpty() ? text : text + " [" + standard.get() + "]";
  }

  /** The default, where it is one that could be typed. */
  private static Optional<String> standard(ArgSpec arg) {
    if (arg instanceof OptionSpec option && (option.arity().max() == 0 || option.required())) {
      return Optional.empty();
    }
    String written = arg.defaultValue();
    Object value = written == null ? arg.initialValue() : written;
    if (value instanceof Optional<?> optional) {
      value = optional.orElse(null);
    }
    if (value instanceof List<?> list) {
      value = list.stream().map(String::valueOf).collect(Collectors.joining(","));
    }
    boolean hidden = arg.showDefaultValue() == Help.Visibility.NEVER;
    return Optional.ofNullable(value)
        .map(v -> v instanceof Enum<?> ? v.toString().toLowerCase(Locale.ROOT) : v.toString())
        .filter(text -> !hidden && !text.isBlank());
  }
}
