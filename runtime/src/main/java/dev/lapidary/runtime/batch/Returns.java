package dev.lapidary.runtime.batch;

/**
 * How soon those come back who were just answered. Clients that ask again once they are answered
 * fall into groups of which one waits while the other runs, and stay so: each run is of half of
 * them. An executor that waits for the moment in which they return has them all. Not thread-safe.
 */
final class Returns {
  /** Weight of the newest in the running geometric mean: the last 10 or so decide. */
  private static final double NEWEST = 0.2;

  /** Times the usual time, until nobody is waited for any more. */
  private static final double PATIENCE = 1.5;

  private double usualLog = Double.NaN;
  private long sinceNanos;
  private int answered;
  private int came;

  /** So many were answered. */
  void answered(int rows, long nowNanos) {
    if (missing() > 0) {
      observe(nowNanos); // or longer
    }
    answered = rows;
    came = 0;
    sinceNanos = nowNanos;
  }

  /** So many came. */
  void came(int rows, long nowNanos) {
    if (missing() > 0) {
      came += rows;
      if (missing() == 0) {
        observe(nowNanos);
      }
    }
  }

  private void observe(long nowNanos) {
    double log = Math.log((double) Math.max(1, nowNanos - sinceNanos));
    usualLog = Double.isNaN(usualLog) ? log : usualLog + NEWEST * (log - usualLog);
  }

  /** As many as were answered last and have not come since. */
  int missing() {
    return Math.max(0, answered - came);
  }

  /** From their answers until all of them usually have come; far away if that is not known yet. */
  long usualNanos() {
    return Double.isNaN(usualLog) ? Long.MAX_VALUE : (long) Math.exp(usualLog);
  }

  /** Until they are waited for no more, of a usual time; 0 if that has passed. */
  long patienceNanos(long nowNanos) {
    return Math.max(0, (long) (PATIENCE * usualNanos()) - (nowNanos - sinceNanos));
  }
}
