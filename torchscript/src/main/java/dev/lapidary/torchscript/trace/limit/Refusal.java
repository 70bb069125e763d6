package dev.lapidary.torchscript.trace.limit;

import com.google.errorprone.annotations.FormatMethod;
import dev.lapidary.core.failure.ExitCode;
import dev.lapidary.core.failure.Failure;
import dev.lapidary.torchscript.graph.SourceLocation;

/** A refusal that does not know its place yet; the interpreter puts {@code file:line:column}. */
public final class Refusal extends RuntimeException {
  private static final long serialVersionUID = 1L;

  private final ExitCode code;

  private Refusal(ExitCode code, String message) {
    super(message);
    this.code = code;
  }

  /** What the program does cannot be expressed in a graph. */
  @FormatMethod
  public static Refusal unsupported(String format, Object... arguments) {
    return new Refusal(ExitCode.UNSUPPORTED, String.format(format, arguments));
  }

  /** What the program does is wrong. */
  @FormatMethod
  public static Refusal wrong(String format, Object... arguments) {
    return new Refusal(ExitCode.BAD_INPUT, String.format(format, arguments));
  }

  public Failure at(SourceLocation place) {
    return new Failure(code, place + ": " + getMessage(), this);
  }
}
