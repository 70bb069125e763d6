package dev.lapidary.trainer.cli;

import dev.lapidary.trainer.program.ThreadsWait;
import picocli.CommandLine.Option;

/** {@code --threads-wait}. */
final class ThreadsWaitOption {
  @Option(
      names = "--threads-wait",
      paramLabel = "HOW",
      defaultValue = "brief",
      description =
          "What idle threads do between two operators, which changes no bit: ${COMPLETION-CANDIDATES}.")
  private ThreadsWait how = ThreadsWait.BRIEF;

  /** Before libtorch is loaded. */
  void apply() {
    how.apply();
  }
}
