package dev.lapidary.runtime.batch;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.stream.IntStream;

/**
 * A histogram of times from 1 µs to 100 s and more, four buckets an octave, so that a quantile is
 * right within 19 %. Thread-safe.
 */
public final class TimeHistogram {
  private static final int PER_OCTAVE = 4;
  private static final long FIRST_NANOS = 1000;
  private static final int BUCKETS = 27 * PER_OCTAVE + 1;
  private static final long[] BOUNDS =
      IntStream.range(0, BUCKETS)
          .mapToLong(i -> Math.round(FIRST_NANOS * Math.pow(2, (double) i / PER_OCTAVE)))
          .toArray();

  private final long[] counts = new long[BUCKETS + 1];
  private long count;
  private long sumNanos;

  public synchronized void add(long nanos) {
    counts[bucket(nanos)]++;
    count++;
    sumNanos += nanos;
  }

  private static int bucket(long nanos) {
    int found = Arrays.binarySearch(BOUNDS, nanos);
    return found < 0 ? -found - 1 : found;
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
  }
}
