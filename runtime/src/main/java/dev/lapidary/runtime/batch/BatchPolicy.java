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
 */
public record BatchPolicy(int maxBatch, Duration maxDelay) {
  public BatchPolicy {
    if (maxBatch < 1 || maxDelay.isNegative()) {
      throw new IllegalArgumentException(
          "a batch needs a size of at least 1 and a delay of at least 0 but has %d and %s"
              .formatted(maxBatch, maxDelay));
    }
  }

  public static BatchPolicy greedy(int maxBatch) {
    return new BatchPolicy(maxBatch, Duration.ZERO);
  }
}
