package dev.lapidary.trainer.cli;

import dev.lapidary.core.cli.Colours;
import dev.lapidary.core.progress.TerminalProgress;
import dev.lapidary.trainer.report.Progress;
import java.io.PrintWriter;

/** What a command shows on stderr. */
final class Terminal {
  private Terminal() {}

  static Progress progress(PrintWriter err) {
    return progress(TerminalProgress.of(err));
  }

  static Progress progress(TerminalProgress bar) {
    return new Progress(bar, Colours.ofErr());
  }
}
