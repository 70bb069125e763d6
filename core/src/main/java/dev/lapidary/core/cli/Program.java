package dev.lapidary.core.cli;

import static java.nio.charset.StandardCharsets.UTF_8;

import dev.lapidary.core.failure.ExitCode;
import dev.lapidary.core.failure.Failure;
import dev.lapidary.core.failure.NearNames;
import dev.lapidary.core.failure.Quote;
import java.io.IOException;
import java.io.InputStream;
import java.io.PrintWriter;
import java.io.UncheckedIOException;
import java.nio.file.AccessDeniedException;
import java.nio.file.FileAlreadyExistsException;
import java.nio.file.FileSystemException;
import java.nio.file.NoSuchFileException;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.Locale;
import java.util.Map;
import java.util.Set;
import java.util.TreeSet;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import picocli.CommandLine;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.UnmatchedArgumentException;

/**
 * Runs a picocli command tree with the conventions that all programs share: data on stdout,
 * messages on stderr, one line an error, the exit codes of {@link ExitCode}, {@code --help} and
 * {@code --version} on every command, no stack trace unless {@code --stacktrace} is among the
 * arguments.
 */
public final class Program {
  private static final String STACKTRACE = "--stacktrace";
  private static final Pattern LISTED =
      Pattern.compile("expected one of \\[([A-Za-z0-9_, -]+)\\] \\(case-insensitive\\)");

  private Program() {}

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
    boolean stacktrace = Arrays.asList(arguments).contains(STACKTRACE);
    String[] rest =
        Arrays.stream(arguments).filter(a -> !a.equals(STACKTRACE)).toArray(String[]::new);
    CommandLine line = new CommandLine(command);
    line.setOut(out).setErr(err);
    line.setCaseInsensitiveEnumValuesAllowed(true);
    line.setUsageHelpAutoWidth(true);
    conventions(line);
    line.setParameterExceptionHandler((error, args) -> usage(error));
    line.setExecutionExceptionHandler(
        (error, failed, result) -> report(error, failed.getErr(), stacktrace));
    try {
      return line.execute(rest);
    } catch (OutOfMemoryError e) {
      return outOfMemory(e, err, stacktrace);
    }
  }

  private static int outOfMemory(OutOfMemoryError error, PrintWriter err, boolean stacktrace) {
    if (stacktrace) {
      error.printStackTrace(err);
    }
    err.println(
        "error: out of memory: %s; the heap has %d MB, LAPIDARY_JAVA_OPTS=-Xmx8g gives it 8 GB"
            .formatted(Quote.line(Failure.reason(error)), Runtime.getRuntime().maxMemory() >> 20));
    return ExitCode.FAILED.status();
  }

  private static void conventions(CommandLine line) {
    Map<String, String> codes = new LinkedHashMap<>();
    for (ExitCode code : ExitCode.values()) {
      codes.put(" " + code.status(), code.meaning());
    }
    for (CommandLine sub : line.getSubcommands().values()) {
      conventions(sub);
    }
    CommandSpec spec = line.getCommandSpec().mixinStandardHelpOptions(true).version(version());
    String sentence = String.join(" ", spec.usageMessage().description());
    spec.usageMessage()
        .description(sentence) // whole, too, where the parent lists its commands
        .exitCodeListHeading("%nExit codes:%n")
        .exitCodeList(codes)
        .showDefaultValues(true)
        .footer("", "Add --stacktrace to see where an error came from.");
  }

  private static String version() {
    try (InputStream text = Program.class.getResourceAsStream("version.txt")) {
      if (text == null) {
        throw new IllegalStateException("version.txt is not on the class path");
      }
      return new String(text.readAllBytes(), UTF_8).strip();
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  private static int usage(ParameterException error) {
    CommandLine line = error.getCommandLine();
    PrintWriter err = line.getErr();
    String message = String.valueOf(error.getMessage()).lines().findFirst().orElse("wrong usage");
    err.println("error: " + Quote.line(words(message) + near(error)));
    err.println("Try '" + line.getCommandSpec().qualifiedName() + " --help'.");
    return ExitCode.BAD_INPUT.status();
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

  private static String near(ParameterException error) {
    if (!(error instanceof UnmatchedArgumentException unmatched)) {
      return "";
    }
    String typed = unmatched.getUnmatched().get(0);
    int equals = typed.indexOf('=');
    CommandLine line = error.getCommandLine();
    Set<String> known =
        new TreeSet<>(
            typed.startsWith("-")
                ? line.getCommandSpec().optionsMap().keySet()
                : line.getSubcommands().keySet());
    return NearNames.hint(equals < 0 ? typed : typed.substring(0, equals), known);
  }

  private static int report(Exception error, PrintWriter err, boolean stacktrace) {
    if (stacktrace) {
      error.printStackTrace(err);
    }
    if (error instanceof Failure failure) {
      err.println("error: " + Quote.line(String.valueOf(failure.getMessage())));
      return failure.code().status();
    }
    if (error instanceof FileSystemException broken) {
      err.println("error: " + Quote.line(broken.getFile() + ": " + reason(broken)));
      return ExitCode.FAILED.status();
    }
    String text = error.getMessage();
    String what = text == null ? "" : ": " + text.lines().findFirst().orElse("");
    err.println(
        "error: "
            + Quote.line(error.getClass().getSimpleName() + what)
            + " (--stacktrace shows where)");
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
