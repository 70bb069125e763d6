package dev.lapidary.trainer.program;

import ai.djl.engine.Engine;
import ai.djl.pytorch.jni.JniUtils;
import dev.lapidary.core.failure.ExitCode;
import dev.lapidary.core.failure.Failure;
import java.util.Objects;
import java.util.concurrent.Callable;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.FutureTask;

/**
 * The one thread that owns libtorch. Grad mode and the graph executor's optimizer are flags of a
 * thread: with the optimizer on, a method's first and later calls differ in the last bits, so a
 * resumed process would differ from one that never stopped.
 */
public final class Libtorch {
  private Libtorch() {}

  /**
   * Runs {@code work} on a new thread named {@code libtorch} and returns its result. {@code
   * threads} is the number of threads inside an operator; it changes the last bits of sums.
   */
  public static <T> T call(int threads, Callable<T> work) {
    FutureTask<T> task =
        new FutureTask<>(
            () -> {
              prepare(threads);
              return work.call();
            });
    Thread thread = new Thread(null, task, "libtorch", 64L << 20);
    thread.start();
    try {
      return task.get();
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw Failure.failed("interrupted while libtorch was working");
    } catch (ExecutionException e) {
      Throwable cause = Objects.requireNonNull(e.getCause());
      if (cause instanceof RuntimeException unchecked) {
        throw unchecked;
      }
      if (cause instanceof Error error) {
        throw error;
      }
      throw new Failure(ExitCode.FAILED, String.valueOf(cause), cause);
    }
  }

  /** {@code libtorch 2.7.1}, as the loaded engine says it. */
  public static String version() {
    return "libtorch " + Engine.getEngine("PyTorch").getVersion();
  }

  /** Loaded by the first call, which asks nobody outside this machine. */
  static Engine engine() {
    System.setProperty("ai.djl.offline", "true");
    System.setProperty("OPT_OUT_TRACKING", "true");
    ThreadsWait.BRIEF.apply();
    return Engine.getEngine("PyTorch");
  }

  private static void prepare(int threads) {
    engine();
    JniUtils.setGraphExecutorOptimize(false);
    JniUtils.setGradMode(false);
    if (JniUtils.getNumThreads() != threads) {
      JniUtils.setNumThreads(threads);
    }
  }
}
