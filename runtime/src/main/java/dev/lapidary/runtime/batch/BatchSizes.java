package dev.lapidary.runtime.batch;

/** How many of those that have queued run together. */
@FunctionalInterface
public interface BatchSizes {
  /** All of them. */
  BatchSizes ALL = (queued, free, perSecond) -> queued;

  /**
   * @param queued rows, at least one
   * @param free executors that run nothing, the one that asks among them
   * @param perSecond rows that come in a second, of late
   * @return at least 1; what is more than have queued, or than the policy's largest, means these
   */
  int of(int queued, int free, double perSecond);
}
