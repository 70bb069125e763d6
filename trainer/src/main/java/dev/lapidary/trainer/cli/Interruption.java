package dev.lapidary.trainer.cli;

import dev.lapidary.core.failure.ExitCode;
import dev.lapidary.core.failure.Failure;
import dev.lapidary.trainer.run.Outcome;
import java.io.IOException;
import java.io.PrintWriter;
import java.nio.file.Path;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.function.BooleanSupplier;

/**
 * SIGINT and SIGTERM: the JVM begins to shut down and would exit with 130 or 143 at once; a hook
 * holds it until the step is finished and, in a run, its checkpoint is written. Without it,
 * libtorch's destructors would run while its thread still computes, and the process would crash.
 */
final class Interruption implements AutoCloseable {
  private static final long LONGEST_STEP_MINUTES = 10;

  private final CountDownLatch ended = new CountDownLatch(1);
  private final Thread hook = new Thread(this::hold, "interruption");
  private volatile boolean asked;

  /** What a command does. */
  @FunctionalInterface
  interface Work {
    /**
     * @param stop whether to end soon
     * @return the exit status
     */
    int call(BooleanSupplier stop) throws IOException;
  }

  private Interruption() {
    Runtime.getRuntime().addShutdownHook(hook);
  }

  /** Does it, and returns its status; that it was interrupted is said before the JVM goes on. */
  static int orderly(PrintWriter err, Work work) throws IOException {
    try (Interruption interruption = new Interruption()) {
      try {
        return work.call(() -> interruption.asked);
      } catch (Failure e) {
        if (e.code() != ExitCode.INTERRUPTED) {
          throw e;
        }
        err.println(e.getMessage());
        err.flush();
        return e.code().status();
      }
    }
  }

  /** The exit status, and on stderr how to go on. */
  static int status(Outcome outcome, Path run, PrintWriter err) {
    if (outcome == Outcome.FINISHED) {
      return ExitCode.DONE.status();
    }
    err.println("interrupted; the checkpoint is written. To go on: trainer resume " + run);
    err.flush();
    return ExitCode.INTERRUPTED.status();
  }

  /** The work has ended, one way or the other: the JVM may go on with its shutdown. */
  @Override
  public void close() {
    ended.countDown();
    if (!asked) {
      try {
        Runtime.getRuntime().removeShutdownHook(hook);
      } catch (IllegalStateException e) {
        asked = true; // the shutdown has begun this moment; the hook ends by itself
      }
    }
  }

  private void hold() {
    asked = true;
    try {
      if (!ended.await(LONGEST_STEP_MINUTES, TimeUnit.MINUTES)) {
        System.err.println("the step did not end within 10 minutes; its work is lost");
      }
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
  }
}
