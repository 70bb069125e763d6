package dev.lapidary.runtime.batch;

import java.time.Duration;

/**
 * When a batch is sent. With no delay, the default, it is work-conserving: a free executor takes
 * what has queued, at once, so that waiting never costs latency, and the batches grow by themselves
 * when the load does (Inoue, "Queueing analysis of GPU-based inference servers with dynamic
 * batching", arXiv 1912.06322).
 *
 * @param maxBatch the most images in one run
 * @param maxDelay how long the oldest image may wait for a batch to fill, counted from its arrival
 * @param rule how many of those that have queued, and who else is waited for
 */
public record BatchPolicy(int maxBatch, Duration maxDelay, BatchRule rule) {
  public BatchPolicy {
    if (maxBatch < 1 || maxDelay.isNegative()) {
      throw new IllegalArgumentException(
          "a batch needs a size of at least 1 and a delay of at least 0 but has %d and %s"
              .formatted(maxBatch, maxDelay));
    }
  }

  /** Of all that have queued, at once or with the delay. */
  public BatchPolicy(int maxBatch, Duration maxDelay) {
    this(maxBatch, maxDelay, BatchRule.GREEDY);
  }

  public static BatchPolicy greedy(int maxBatch) {
    return new BatchPolicy(maxBatch, Duration.ZERO);
  }

  /**
   * How long a free executor waits for a batch to fill, which the queue's head decides.
   *
   * @param rows that have queued, at least one
   * @param ageNanos since the first of them came
   * @return 0 to send what there is now
   */
  public long waitNanos(int rows, long ageNanos) {
    return rows >= maxBatch ? 0 : Math.max(0, maxDelay.toNanos() - ageNanos);
  }

  /**
   * How many a free executor takes then.
   *
   * @param free executors that run nothing, this one among them
   * @param perSecond rows that come in a second, of late
   */
  public int size(int queued, int free, double perSecond) {
    return Math.min(maxBatch, Math.max(1, Math.min(queued, rule.size(queued, free, perSecond))));
  }
}
