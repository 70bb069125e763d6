package dev.lapidary.runtime.batch;

import dev.lapidary.core.thread.DaemonThreads;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;

/** Threads on which answers are completed, and what hangs on them is done. */
public final class AnswerThreads {
  private AnswerThreads() {}

  /** As many as there are processors; to be shut down. */
  public static ExecutorService start() {
    return Executors.newFixedThreadPool(
        Runtime.getRuntime().availableProcessors(), DaemonThreads.numbered("lapidary-answer-"));
  }
}
