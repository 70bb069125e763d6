package dev.lapidary.torchscript.trace.limit;

import com.google.errorprone.annotations.FormatMethod;
import dev.lapidary.core.failure.ExitCode;
import dev.lapidary.core.failure.Failure;
import dev.lapidary.torchscript.graph.SourceLocation;

/** A refusal that does not know its place yet; the interpreter puts {@code file:line:column}. */
public final class ProgramRefusal extends RuntimeException {
  private static final long serialVersionUID = 1L;

  private final ExitCode code;

  private ProgramRefusal(ExitCode code, String message) {
    super(message);
    this.code = code;
  }

  /** What the program does cannot be expressed in a graph. */
  @FormatMethod
  public static ProgramRefusal unsupported(String format, Object... arguments) {
    return new ProgramRefusal(ExitCode.UNSUPPORTED, String.format(format, arguments));
  }

  /** What the program does is wrong. */
  @FormatMethod
  public static ProgramRefusal wrong(String format, Object... arguments) {
    return new ProgramRefusal(ExitCode.BAD_INPUT, String.format(format, arguments));
  }

  public Failure at(SourceLocation location) {
    return new Failure(code, location + ": " + getMessage(), this);
  }
}
