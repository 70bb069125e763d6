package dev.lapidary.spark.cli;

import java.util.List;
import java.util.Random;
import java.util.concurrent.atomic.AtomicInteger;
import org.apache.spark.scheduler.SparkListener;
import org.apache.spark.scheduler.SparkListenerTaskStart;

/**
 * Kills an executor's process (SIGKILL) a moment after a task has started, once in so many tasks.
 */
final class ExecutorKiller extends SparkListener {
  private final Random random;
  private final int every;
  private final int most;
  private final AtomicInteger tasks = new AtomicInteger();
  private final AtomicInteger killed = new AtomicInteger();

  /**
   * @param every so many tasks, on average
   * @param most kills
   */
  ExecutorKiller(long seed, int every, int most) {
    this.random = new Random(seed);
    this.every = every;
    this.most = most;
  }

  int killed() {
    return killed.get();
  }

  @Override
  public void onTaskStart(SparkListenerTaskStart start) {
    boolean first = tasks.incrementAndGet() == every; // one kill at the least
    if (killed.get() < most && (first || random.nextInt(every) == 0)) {
      List<ProcessHandle> executors = executors();
      if (!executors.isEmpty()) {
        executors.get(random.nextInt(executors.size())).destroyForcibly();
        killed.incrementAndGet();
      }
    }
  }

  /** Of this JVM's {@code local-cluster}. */
  static List<ProcessHandle> executors() {
    return ProcessHandle.current()
        .descendants()
        .filter(
            process ->
                process.info().commandLine().orElse("").contains("CoarseGrainedExecutorBackend")
                    || process.info().command().orElse("").endsWith("java"))
        .toList();
  }
}
