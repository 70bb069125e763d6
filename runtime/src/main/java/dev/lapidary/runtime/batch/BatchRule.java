package dev.lapidary.runtime.batch;

/** What is decided of a queue, by how long the network takes. */
@FunctionalInterface
public interface BatchRule {
  /** All that have queued run together, at once. */
  BatchRule GREEDY = (queued, free, perSecond) -> queued;

  /**
   * How many of those that have queued run together.
   *
   * @param queued rows, at least one
   * @param free executors that run nothing, the one that asks among them
   * @param perSecond rows that come in a second, of late
   * @return at least 1; what is more than have queued, or than the policy's largest, means these
   */
  int size(int queued, int free, double perSecond);

  /**
   * How long the only executor may wait for rows that are about to come, since one run of all is
   * shorter than two.
   *
   * @param queued rows, at least one
   * @param coming rows, at least one
   */
  default long worthNanos(int queued, int coming) {
    return 0;
  }

  /**
   * Whether the first of those that have queued has the machine to itself ({@link WhenIdle}), while
   * nothing runs.
   *
   * @param queued rows, at least one
   * @param overlap how often, of late, others came while one ran that began alone: 0 to 1
   * @param perSecond rows that come in a second, of late
   */
  default boolean isForOne(int queued, double overlap, double perSecond) {
    return false;
  }

  /**
   * How long those that queue wait for the end of a run that has the machine to itself, to have it
   * then; 0 to run beside it.
   *
   * @param queued rows, at least one
   * @param perSecond rows that come in a second, of late
   */
  default long holdNanos(int queued, double perSecond) {
    return 0;
  }
}
