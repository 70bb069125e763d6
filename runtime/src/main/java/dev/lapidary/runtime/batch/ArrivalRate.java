package dev.lapidary.runtime.batch;

/** How many come in a second: the mean of the last two or so. Not thread-safe. */
public final class ArrivalRate {
  private static final double MEMORY_NANOS = 2e9;

  /** Before so long the first ones would count as a stream. */
  private static final double MIN_NANOS = 5e7;

  private double count;
  private long firstNanos;
  private long lastNanos;
  private boolean any;

  /** So many came. */
  public void add(int rows, long nowNanos) {
    if (!any) {
      firstNanos = nowNanos;
      any = true;
    }
    count = at(nowNanos) + rows;
    lastNanos = nowNanos;
  }

  private double at(long nowNanos) {
    return any ? count * Math.exp(-(nowNanos - lastNanos) / MEMORY_NANOS) : 0;
  }

  public double perSecond(long nowNanos) {
    double age = Math.max(MIN_NANOS, (double) (nowNanos - firstNanos));
    return at(nowNanos) * 1e9 / (MEMORY_NANOS * -Math.expm1(-age / MEMORY_NANOS));
  }
}
