package dev.lapidary.core.cli;

import static java.nio.charset.StandardCharsets.UTF_8;

import dev.lapidary.core.failure.ExitCode;
import dev.lapidary.core.failure.Failure;
import dev.lapidary.core.failure.Quote;
import dev.lapidary.core.file.ResourceText;
import java.io.PrintWriter;
import java.nio.file.AccessDeniedException;
import java.nio.file.FileAlreadyExistsException;
import java.nio.file.FileSystemException;
import java.nio.file.NoSuchFileException;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.function.Predicate;
import picocli.CommandLine;
import picocli.CommandLine.Command;
import picocli.CommandLine.Model.ArgSpec;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Model.OptionSpec;
import picocli.CommandLine.ParameterException;

/**
 * Runs a picocli command tree with the conventions that all programs share: data on stdout,
 * messages on stderr, one line an error, the exit codes of {@link ExitCode}, {@code --help}, {@code
 * --version} and {@code --quiet} on every command, no stack trace unless {@code --stacktrace} is
 * among the arguments. A command may be a {@link HelpSection.Command}, the root a {@link
 * RootCommand}.
 */
public final class CommandTree {
  private static final String STACKTRACE = "--stacktrace";
  private static final String QUIET = "--quiet";
  private static final String HELP_ALL = "--help-all";

  private CommandTree() {}

  /** Returns the exit status; never exits the JVM, so that tests call it as users do. */
  public static int run(Object command, String... arguments) {
    return run(
        command,
        new PrintWriter(System.out, true, UTF_8),
        new PrintWriter(System.err, true, UTF_8),
        arguments);
  }

  /** The same with the two streams given. */
  public static int run(Object command, PrintWriter out, PrintWriter err, String... arguments) {
    List<String> given = Arrays.asList(arguments);
    boolean stacktrace = given.contains(STACKTRACE);
    boolean quiet = given.contains(QUIET) || given.contains("-q");
    CommandLine line = commandLine(command, given.contains(HELP_ALL), given::contains);
    line.setOut(out).setErr(quiet ? new PrintWriter(new QuietLines(err), true) : err);
    line.setColorScheme(
        CommandLine.Help.defaultColorScheme(
            Colours.ofOut().on() ? CommandLine.Help.Ansi.ON : CommandLine.Help.Ansi.OFF));
    line.setParameterExceptionHandler((error, args) -> usage(error, args, err));
    line.setExecutionExceptionHandler((error, failed, result) -> report(error, err, stacktrace));
    try {
      return line.execute(arguments);
    } catch (OutOfMemoryError e) {
      return outOfMemory(e, err, stacktrace);
    }
  }

  /** The command tree as {@link #run} parses it: what completion and manuals are made of. */
  public static CommandLine commandLine(Object command) {
    return commandLine(command, true, name -> true);
  }

  /** What {@code --help} says of an option: its words, and its default where it has one. */
  public static String description(ArgSpec option) {
    return UsageText.description(option);
  }

  /**
   * @param called whether a command's name is among the arguments; others are listed only
   */
  private static CommandLine commandLine(Object command, boolean all, Predicate<String> called) {
    CommandLine line = new CommandLine(command);
    if (command instanceof RootCommand root) {
      for (Class<?> type : root.commands()) {
        Command said = type.getAnnotation(Command.class);
        line.addSubcommand(
            said.name(),
            called.test(said.name()) ? new CommandLine(type) : new CommandLine(listed(said)));
      }
    }
    line.setCaseInsensitiveEnumValuesAllowed(true);
    line.setUsageHelpAutoWidth(true);
    conventions(line, all);
    return line;
  }

  /** What the root's help shows of a command. */
  private static CommandSpec listed(Command said) {
    CommandSpec spec = CommandSpec.create().name(said.name());
    spec.usageMessage()
        .hidden(said.hidden())
        .description(String.join(" ", summary(said.description())));
    return spec;
  }

  /** Whole where the parent lists it, too: examples come after an empty line. */
  private static List<String> summary(String... description) {
    List<String> text = Arrays.asList(description);
    return text.contains("") ? text.subList(0, text.indexOf("")) : text;
  }

  private static int outOfMemory(OutOfMemoryError error, PrintWriter err, boolean stacktrace) {
    if (stacktrace) {
      error.printStackTrace(err);
    }
    say(
        err,
        "out of memory: %s; the heap has %d MB, LAPIDARY_JAVA_OPTS=-Xmx8g gives it 8 GB"
            .formatted(Quote.line(Failure.reason(error)), Runtime.getRuntime().maxMemory() >> 20));
    return ExitCode.FAILED.status();
  }

  private static void conventions(CommandLine line, boolean all) {
    Map<String, String> codes = new LinkedHashMap<>();
    for (ExitCode code : ExitCode.values()) {
      codes.put(" " + code.status(), code.meaning());
    }
    for (CommandLine sub : line.getSubcommands().values()) {
      if (sub.getCommandSpec().userObject() != null) {
        conventions(sub, all);
      }
    }
    CommandSpec spec = line.getCommandSpec().versionProvider(CommandTree::versions);
    if (spec.findOption("--version") == null) {
      spec.mixinStandardHelpOptions(true);
    } else { // its own, of what it makes
      spec.addOption(
          flag("Show this help message and exit.", "-h", "--help").usageHelp(true).build());
    }
    if (UsageText.hasMore(line)) {
      spec.addOption(flag("Shows rarely needed options, too.", HELP_ALL).usageHelp(true).build());
    }
    spec.addOption(flag("Only errors and warnings, and no bars.", "-q", QUIET).build());
    spec.addOption(flag("Shows where an error came from.", STACKTRACE).build());
    List<String> text = Arrays.asList(spec.usageMessage().description());
    List<String> summary = summary(spec.usageMessage().description());
    List<String> examples = new ArrayList<>(text.subList(summary.size(), text.size()));
    spec.usageMessage()
        .description(String.join(" ", summary))
        .commandListHeading("%nCommands:%n")
        .exitCodeListHeading("%nExit codes:%n")
        .exitCodeList(codes)
        .footer(examples.toArray(String[]::new));
    UsageText.install(line, all);
  }

  private static OptionSpec.Builder flag(String description, String... names) {
    return OptionSpec.builder(names).description(description).type(boolean.class);
  }

  /** Opens many jars, and is seldom asked for. */
  private static String[] versions() {
    List<String> lines = new ArrayList<>(List.of(version()));
    lines.addAll(PresentNatives.present());
    lines.add("Java " + Runtime.version());
    return lines.toArray(String[]::new);
  }

  /** Of Lapidary, as its artifacts have it: {@code 0.2.0}. */
  public static String versionNumber() {
    String text = version();
    return text.substring(text.lastIndexOf(' ') + 1);
  }

  private static String version() {
    return ResourceText.of(CommandTree.class, "version.txt").strip();
  }

  /** A bare command is a question: what is there to say to it? */
  private static int usage(ParameterException error, String[] arguments, PrintWriter err) {
    CommandLine line = error.getCommandLine();
    String name = line.getCommandSpec().qualifiedName();
    if (arguments.length == name.split(" ").length - 1) {
      line.usage(err, CommandLine.Help.defaultColorScheme(CommandLine.Help.Ansi.OFF));
      err.println();
    }
    say(err, UsageError.line(error));
    err.println("Try '" + name + " --help'.");
    return ExitCode.BAD_INPUT.status();
  }

  private static void say(PrintWriter err, String message) {
    err.println(Colours.ofErr().error("error:") + " " + Quote.line(message));
  }

  private static int report(Exception error, PrintWriter err, boolean stacktrace) {
    if (stacktrace) {
      error.printStackTrace(err);
    }
    if (error instanceof Failure failure) {
      say(err, String.valueOf(failure.getMessage()));
      return failure.code().status();
    }
    if (error instanceof FileSystemException broken) {
      say(err, broken.getFile() + ": " + reason(broken));
      return ExitCode.FAILED.status();
    }
    String text = error.getMessage();
    String what = text == null ? "" : ": " + text.lines().findFirst().orElse("");
    String line = Quote.line(error.getClass().getSimpleName() + what);
    say(err, line + " (--stacktrace shows where)");
    return ExitCode.FAILED.status();
  }

  /** Java says what went wrong with a file by the exception's class, and often by nothing else. */
  private static String reason(FileSystemException error) {
    if (error instanceof NoSuchFileException) {
      return "there is no such file or folder, nor can one be made there";
    }
    if (error instanceof FileAlreadyExistsException) {
      return "a file is there, where a folder would have to be; choose another place";
    }
    return error instanceof AccessDeniedException
        ? "permission denied"
        : String.valueOf(error.getReason());
  }
}
