package dev.lapidary.runtime.tune;

import java.util.Collections;
import java.util.Map;
import java.util.NavigableMap;
import java.util.TreeMap;

/**
 * How long a network's runs take by the size of their batch: τ(b).
 *
 * @param executors runs that go on at a time while it is measured
 * @param threads of each run
 * @param nanosBySize the median of a run with so many images, by size; 1 among them
 */
public record LatencyCurve(int executors, int threads, NavigableMap<Integer, Long> nanosBySize) {
  public LatencyCurve {
    nanosBySize = Collections.unmodifiableNavigableMap(new TreeMap<>(nanosBySize));
    boolean whole =
        executors > 0
            && threads > 0
            && nanosBySize.getOrDefault(1, 0L) > 0
            && nanosBySize.values().stream().allMatch(nanos -> nanos > 0);
    if (!whole) {
      throw new IllegalArgumentException(
          "a latency curve has executors, threads and times over 0, of one image among them, but is"
              + " %d, %d, %s".formatted(executors, threads, nanosBySize));
    }
  }

  /** A run of one image. */
  public long single() {
    return nanosBySize.getOrDefault(1, 0L);
  }

  /** A run of so many, linear between the sizes that were measured and beyond the last. */
  public double nanos(int size) {
    Long exact = nanosBySize.get(size);
    if (exact != null) {
      return exact;
    }
    Map.Entry<Integer, Long> above = nanosBySize.ceilingEntry(size);
    Map.Entry<Integer, Long> to = above == null ? nanosBySize.lastEntry() : above;
    Map.Entry<Integer, Long> from = nanosBySize.lowerEntry(to.getKey());
    if (from == null) {
      return (double) single() * size;
    }
    double slope = (double) (to.getValue() - from.getValue()) / (to.getKey() - from.getKey());
    return from.getValue() + slope * (size - from.getKey());
  }

  /** Images a second of all executors in runs of so many. */
  public double imagesPerSecond(int size) {
    return executors * size * 1e9 / nanos(size);
  }
}
