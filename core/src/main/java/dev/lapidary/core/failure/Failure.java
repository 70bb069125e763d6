package dev.lapidary.core.failure;

import com.google.errorprone.annotations.FormatMethod;

/**
 * The one exception that a user is meant to read. Its message is a single line that says the place,
 * what was expected, what was found and the remedy; its {@link ExitCode} is what the program exits
 * with.
 */
public class Failure extends RuntimeException {
  private static final long serialVersionUID = 1L;

  private final ExitCode code;

  public Failure(ExitCode code, String message) {
    super(message);
    this.code = code;
  }

  public Failure(ExitCode code, String message, Throwable cause) {
    super(message, cause);
    this.code = code;
  }

  /** Exit 1: the input was right and the work still failed. */
  @FormatMethod
  public static Failure failed(String format, Object... arguments) {
    return new Failure(ExitCode.FAILED, Phrase.of(format, arguments));
  }

  /** Exit 2: wrong usage or input. */
  @FormatMethod
  public static Failure badInput(String format, Object... arguments) {
    return new Failure(ExitCode.BAD_INPUT, Phrase.of(format, arguments));
  }

  /** Exit 3: everything ran, and a gate refused the result. */
  @FormatMethod
  public static Failure gate(String format, Object... arguments) {
    return new Failure(ExitCode.GATE_REFUSED, Phrase.of(format, arguments));
  }

  /** Exit 4: an operator or a construct that Lapidary does not translate. */
  @FormatMethod
  public static Failure unsupported(String format, Object... arguments) {
    return new Failure(ExitCode.UNSUPPORTED, Phrase.of(format, arguments));
  }

  /**
   * What another exception says, in one line: its message's first, or its class where it has none.
   */
  public static String reason(Throwable error) {
    String message = error.getMessage();
    return message == null || message.isBlank()
        ? error.getClass().getSimpleName()
        : message.lines().findFirst().orElse("");
  }

  public final ExitCode code() {
    return code;
  }

  /** The same failure, its place put in front: {@code [place] message}. */
  public final Failure at(String source) {
    return new Failure(code, "[" + source + "] " + getMessage(), this);
  }
}
