package dev.lapidary.runtime.batch;

import java.util.OptionalDouble;

/**
 * What the last runs took. How long so many images will take is told by as many of the last ones:
 * one run says little, since runs vary by ten times where others use the machine, too, and what was
 * longer ago says less than a backlog of the same length that has just been worked off. So a short
 * backlog follows a change at once, and a long one as fast as it is itself worked off. Not
 * thread-safe.
 */
final class RecentRuns {
  /** Runs that are remembered, at the most. */
  private static final int CAPACITY = 4096;

  /** Fewer are no mean. */
  private static final int FEWEST_IMAGES = 16;

  /** An expectation is worth so many images. */
  private static final int EXPECTED_IMAGES = 4;

  /** All images until and with each run, and their time, in a ring by the run's number. */
  private final long[] images = new long[CAPACITY];

  private final long[] nanos = new long[CAPACITY];
  private long runs;

  /** So many images took so long together. */
  void add(int size, long runNanos) {
    long imagesBefore = runs == 0 ? 0 : images[slot(runs - 1)];
    long nanosBefore = runs == 0 ? 0 : nanos[slot(runs - 1)];
    images[slot(runs)] = imagesBefore + size;
    nanos[slot(runs)] = nanosBefore + runNanos;
    runs++;
  }

  /** Forgets the runs; an image takes so long until others tell otherwise. */
  void expect(double nanosPerImage) {
    runs = 0;
    add(EXPECTED_IMAGES, Math.round(EXPECTED_IMAGES * nanosPerImage));
  }

  boolean isEmpty() {
    return runs == 0;
  }

  /** Of one image, where so many are to be run; empty if nothing is known. */
  OptionalDouble nanosPerImage(int count) {
    if (runs == 0) {
      return OptionalDouble.empty();
    }
    long first = firstOf(Math.max(FEWEST_IMAGES, count));
    long imagesBefore = first == 0 ? 0 : images[slot(first - 1)];
    long nanosBefore = first == 0 ? 0 : nanos[slot(first - 1)];
    int last = slot(runs - 1);
    double taken = (double) (nanos[last] - nanosBefore);
    return OptionalDouble.of(taken / (images[last] - imagesBefore));
  }

  /** The latest run that has so many images with those behind it, or the earliest that is known. */
  private long firstOf(int count) {
    long maximum = images[slot(runs - 1)] - count; // before it
    long low = runs < CAPACITY ? 0 : runs - CAPACITY + 1; // the sum before it is known
    long high = runs - 1;
    while (low < high) {
      long middle = (low + high + 1) >>> 1;
      if (images[slot(middle - 1)] <= maximum) {
        low = middle;
      } else {
        high = middle - 1;
      }
    }
    return low;
  }

  private static int slot(long run) {
    return (int) (run % CAPACITY);
  }
}
