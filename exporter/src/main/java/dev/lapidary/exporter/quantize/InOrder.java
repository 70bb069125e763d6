package dev.lapidary.exporter.quantize;

import java.util.ArrayDeque;
import java.util.Deque;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.TimeUnit;
import java.util.function.Consumer;
import java.util.function.IntFunction;

/**
 * Work on images that any number of threads does in any order, and whose results are taken in the
 * images' own order: so what is summed of them has the same bits on every machine.
 */
final class InOrder {
  private InOrder() {}

  /**
   * @param work on image i, on one of the machine's processors
   * @param take gets each result in order, on the calling thread; only a few results wait for it
   */
  static <T> void run(int count, IntFunction<T> work, Consumer<T> take) {
    int threads = Math.max(1, Math.min(count, threads()));
    ExecutorService workers = Executors.newFixedThreadPool(threads, InOrder::thread);
    Deque<Future<T>> waiting = new ArrayDeque<>();
    try {
      for (int i = 0; i < count; i++) {
        int image = i;
        waiting.add(workers.submit(() -> work.apply(image)));
        if (waiting.size() > 2 * threads) {
          take.accept(result(waiting.remove()));
        }
      }
      while (!waiting.isEmpty()) {
        take.accept(result(waiting.remove()));
      }
    } finally {
      workers.shutdownNow();
      awaitEnd(workers);
    }
  }

  static int threads() {
    return Runtime.getRuntime().availableProcessors();
  }

  private static Thread thread(Runnable work) {
    Thread thread = new Thread(work, "quantize");
    thread.setDaemon(true);
    return thread;
  }

  /** What a failed piece of work is still reading must not be closed under it. */
  private static void awaitEnd(ExecutorService workers) {
    boolean interrupted = false;
    while (true) {
      try {
        if (workers.awaitTermination(1, TimeUnit.MINUTES)) {
          break;
        }
      } catch (InterruptedException e) {
        interrupted = true;
      }
    }
    if (interrupted) {
      Thread.currentThread().interrupt();
    }
  }

  private static <T> T result(Future<T> future) {
    try {
      return future.get();
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new IllegalStateException("interrupted while images are measured", e);
    } catch (ExecutionException e) {
      if (e.getCause() instanceof RuntimeException failure) {
        throw failure;
      }
      if (e.getCause() instanceof Error error) {
        throw error;
      }
      throw new IllegalStateException(e);
    }
  }
}
