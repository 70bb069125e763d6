package dev.lapidary.serve.admission;

import java.util.List;
import java.util.function.LongConsumer;

/** What became of requests by their priority. Thread-safe. */
public final class PriorityCounts {
  private final long[] images;
  private final long[] refused;
  private final List<LongConsumer> nanos;

  /**
   * @param nanos by level, from 1 on, each is told how long a request took that was admitted, from
   *     then until nothing worked for it any more
   */
  public PriorityCounts(List<LongConsumer> nanos) {
    this.nanos = List.copyOf(nanos);
    this.images = new long[nanos.size() + 1];
    this.refused = new long[nanos.size() + 1];
  }

  int levels() {
    return nanos.size();
  }

  synchronized void admitted(int level, int count) {
    images[level] += count;
  }

  synchronized void refused(int level) {
    refused[level]++;
  }

  void ended(int level, long nanosAdmitted) {
    nanos.get(level - 1).accept(nanosAdmitted);
  }

  /** Images, or rows, that were admitted. */
  public synchronized long imagesOf(int level) {
    return images[level];
  }

  /** Requests for which there was no room or no time. */
  public synchronized long refusedOf(int level) {
    return refused[level];
  }
}
