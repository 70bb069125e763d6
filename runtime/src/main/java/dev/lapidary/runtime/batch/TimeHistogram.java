package dev.lapidary.runtime.batch;

import java.util.ArrayList;
import java.util.List;

/**
 * A histogram of times from 1 µs to 100 s and more, four buckets an octave, so that a quantile is
 * right within 19 %. Thread-safe.
 */
public final class TimeHistogram {
  private static final int PER_OCTAVE = 4;
  private static final long FIRST_NANOS = 1000;
  private static final int BUCKETS = 27 * PER_OCTAVE + 1;
  private static final long[] BOUNDS = bounds();

  private final long[] counts = new long[BUCKETS + 1];
  private long count;
  private long sumNanos;

  private static long[] bounds() {
    long[] bounds = new long[BUCKETS];
    for (int i = 0; i < BUCKETS; i++) {
      bounds[i] = Math.round(FIRST_NANOS * Math.pow(2, (double) i / PER_OCTAVE));
    }
    return bounds;
  }

  public synchronized void add(long nanos) {
    counts[bucket(nanos)]++;
    count++;
    sumNanos += nanos;
  }

  private static int bucket(long nanos) {
    int from = 0;
    int to = BUCKETS;
    while (from < to) {
      int middle = (from + to) >>> 1;
      if (nanos <= BOUNDS[middle]) {
        to = middle;
      } else {
        from = middle + 1;
      }
    }
    return from;
  }

  /** All times until now. */
  public synchronized Snapshot snapshot() {
    List<Bucket> used = new ArrayList<>();
    long below = 0;
    for (int i = 0; i <= BUCKETS; i++) {
      below += counts[i];
      if (counts[i] > 0) {
        used.add(new Bucket(i == BUCKETS ? Long.MAX_VALUE : BOUNDS[i], below));
      }
    }
    return new Snapshot(count, sumNanos, used);
  }

  /**
   * @param atMostNanos the bucket's upper bound, inclusive; {@code Long.MAX_VALUE} of the last
   * @param count of all times up to that
   */
  public record Bucket(long atMostNanos, long count) {}

  /**
   * Of one moment.
   *
   * @param buckets that have something in them, by their bound
   */
  public record Snapshot(long count, long sumNanos, List<Bucket> buckets) {
    public Snapshot {
      buckets = List.copyOf(buckets);
    }

    /**
     * The time that so many were not longer than; 0 if there are none.
     *
     * @param quantile in [0, 1]; 0.99 for the 99th percentile
     */
    public long quantileNanos(double quantile) {
      long rank = (long) Math.ceil(quantile * count);
      for (Bucket bucket : buckets) {
        if (bucket.count() >= rank) {
          return bucket.atMostNanos();
        }
      }
      return 0;
    }
  }
}
