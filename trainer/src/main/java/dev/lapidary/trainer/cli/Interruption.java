package dev.lapidary.trainer.cli;

import dev.lapidary.core.cli.StopSignal;
import dev.lapidary.core.failure.ExitCode;
import dev.lapidary.core.failure.Failure;
import dev.lapidary.core.progress.TerminalProgress;
import dev.lapidary.trainer.report.Progress;
import dev.lapidary.trainer.run.loop.RunOutcome;
import java.io.IOException;
import java.io.PrintWriter;
import java.nio.file.Path;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.function.BooleanSupplier;
import picocli.CommandLine.Model.CommandSpec;

/**
 * SIGINT and SIGTERM: the JVM would shut down at once and exit with 130 or 143; the signal's
 * handler holds it until the step is finished and, in a run, its checkpoint is written. Without it,
 * libtorch's destructors would run while its thread still computes, and the process would crash.
 */
final class Interruption implements AutoCloseable {
  private static final long LONGEST_STEP_MINUTES = 10;

  private final TerminalProgress bar;
  private final CountDownLatch ended = new CountDownLatch(1);
  private final StopSignal signal;
  private volatile boolean asked;

  /** What a command does. */
  @FunctionalInterface
  interface Work {
    /**
     * @param progress what the terminal shows meanwhile
     * @param stop whether to end soon
     * @return the exit status
     */
    int call(Progress progress, BooleanSupplier stop) throws IOException;
  }

  private Interruption(TerminalProgress bar) {
    this.bar = bar;
    this.signal = StopSignal.take(this::hold);
  }

  /** Does it, and returns its status; that it was interrupted is said before the JVM goes on. */
  static int orderly(PrintWriter err, Work work) throws IOException {
    TerminalProgress bar = TerminalProgress.of(err);
    Progress progress = Terminal.progress(bar);
    try (Interruption interruption = new Interruption(bar)) {
      try {
        return interruption.signalled(work.call(progress, () -> interruption.asked));
      } catch (Failure e) {
        if (e.code() != ExitCode.INTERRUPTED) {
          throw e;
        }
        err.println(e.getMessage());
        err.flush();
        return interruption.signalled(e.code().status());
      }
    }
  }

  /** An interrupted run's status says by which signal. */
  private int signalled(int status) {
    boolean interrupted = status == ExitCode.INTERRUPTED.status();
    return interrupted ? signal.status().orElse(status) : status;
  }

  /** The exit status, and on stderr how to go on. */
  static int status(RunOutcome outcome, Path run, CommandSpec command) {
    if (outcome == RunOutcome.FINISHED) {
      return ExitCode.DONE.status();
    }
    PrintWriter err = command.commandLine().getErr();
    String program = command.root().name();
    err.printf("interrupted; the checkpoint is written. To go on: %s resume %s%n", program, run);
    err.flush();
    return ExitCode.INTERRUPTED.status();
  }

  /** The work has ended, one way or the other: the JVM may go on with its shutdown. */
  @Override
  public void close() {
    ended.countDown();
    signal.close();
  }

  private void hold() {
    asked = true;
    bar.interrupt();
    try {
      if (!ended.await(LONGEST_STEP_MINUTES, TimeUnit.MINUTES)) {
        System.err.println("the step did not end within 10 minutes; its work is lost");
      }
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
  }
}
