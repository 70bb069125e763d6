package dev.lapidary.serve.http;

import dev.lapidary.core.thread.DaemonThreads;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.Executor;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.PriorityBlockingQueue;
import java.util.concurrent.ThreadPoolExecutor;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicLong;

/**
 * The threads that all models share: those that decode images, and those that take bodies apart.
 */
final class Workers implements AutoCloseable {
  /** Requests are taken apart beside the decoders: what waits there would be in no backlog. */
  private static final int FORM_THREADS = 2;

  private final ExecutorService forms =
      threads("lapidary-form-", FORM_THREADS, new LinkedBlockingQueue<>());
  private final ExecutorService control =
      threads("lapidary-control-", 1, new LinkedBlockingQueue<>());
  private final ExecutorService decoders;
  private final boolean byPriority;
  private final AtomicLong decodings = new AtomicLong();

  /**
   * @param byPriority whether images are decoded in the order of their requests' priorities
   */
  Workers(int decodeThreads, boolean byPriority) {
    this.byPriority = byPriority;
    this.decoders =
        threads(
            "lapidary-decode-",
            decodeThreads,
            byPriority ? new PriorityBlockingQueue<>() : new LinkedBlockingQueue<>());
  }

  private static ExecutorService threads(String name, int count, BlockingQueue<Runnable> queue) {
    return new ThreadPoolExecutor(
        count, count, 0, TimeUnit.SECONDS, queue, DaemonThreads.numbered(name));
  }

  Executor forms() {
    return forms;
  }

  /** Begins when those of higher priorities, and those before it of its own, have begun. */
  void decode(int priority, Runnable task) {
    decoders.execute(byPriority ? new Decoding(priority, decodings.getAndIncrement(), task) : task);
  }

  private record Decoding(int priority, long number, Runnable task)
      implements Runnable, Comparable<Decoding> {
    @Override
    public void run() {
      task.run();
    }

    @Override
    public int compareTo(Decoding other) {
      return priority != other.priority
          ? Integer.compare(priority, other.priority)
          : Long.compare(number, other.number);
    }
  }

  /** Loads and unloads models, one after the other. */
  Executor control() {
    return control;
  }

  /** Takes nothing more; what it has goes on. */
  @Override
  public void close() {
    forms.shutdown();
    decoders.shutdown();
    control.shutdown();
  }
}
