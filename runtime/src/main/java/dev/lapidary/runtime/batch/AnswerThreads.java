package dev.lapidary.runtime.batch;

import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.atomic.AtomicInteger;

/** Threads on which answers are completed, and what hangs on them is done. */
public final class AnswerThreads {
  private AnswerThreads() {}

  /** As many as there are processors; to be shut down. */
  public static ExecutorService start() {
    AtomicInteger number = new AtomicInteger();
    return Executors.newFixedThreadPool(
        Runtime.getRuntime().availableProcessors(),
        task -> {
          Thread thread = new Thread(task, "lapidary-answer-" + number.incrementAndGet());
          thread.setDaemon(true);
          return thread;
        });
  }
}
