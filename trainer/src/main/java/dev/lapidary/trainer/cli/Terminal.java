package dev.lapidary.trainer.cli;

import dev.lapidary.trainer.report.Progress;
import java.io.PrintWriter;

/** Whether stderr is a terminal: the launcher knows, Java 17 does not. */
final class Terminal {
  private static final String PROPERTY = "lapidary.terminal";

  private Terminal() {}

  static Progress progress(PrintWriter err) {
    return new Progress(err, Boolean.getBoolean(PROPERTY));
  }
}
