package dev.lapidary.runtime.batch;

import java.util.Collections;
import java.util.OptionalDouble;
import java.util.SortedMap;
import java.util.TreeMap;

/** Counts of one batcher since it began, and how fast it has been of late. Thread-safe. */
public final class BatchStatistics {
  /** So many different sizes are told apart; what is larger than a policy's comes from requests. */
  private static final int MAX_SIZES = 1024;

  private final SortedMap<Integer, TimeHistogram> runsBySize = new TreeMap<>();
  private final TimeHistogram queue = new TimeHistogram();
  private final RecentRuns recent = new RecentRuns();
  private long batches;
  private long images;
  private long failed;
  private long late;
  private long cancelled;
  private long busyNanos;

  /**
   * A run of so many succeeded.
   *
   * @param usual whether others would take as long; not where it had the machine to itself
   */
  public synchronized void ran(int size, long nanos, boolean usual) {
    if (runsBySize.size() < MAX_SIZES || runsBySize.containsKey(size)) {
      runsBySize.computeIfAbsent(size, first -> new TimeHistogram()).add(nanos);
    }
    batches++;
    images += size;
    busyNanos += nanos;
    if (usual || recent.isEmpty()) {
      recent.add(size, nanos);
    }
  }

  /** What an image takes from now on, until batches tell otherwise. */
  public synchronized void expect(double nanos) {
    recent.expect(nanos);
  }

  /** An image, or what was submitted together, waited so long. */
  void queued(long nanos) {
    queue.add(nanos);
  }

  synchronized void failed() {
    failed++;
  }

  /** An image is dropped, here or before it came here: its deadline has passed, or would have. */
  public synchronized void late() {
    late++;
  }

  /** An image is dropped, here or before it came here: nobody waits for it. */
  public synchronized void cancelled() {
    cancelled++;
  }

  /**
   * An executor's time for an image, over the last runs of as many; empty before the first run.
   *
   * @param count of images that are to be run
   */
  public synchronized OptionalDouble nanosPerImage(int count) {
    return recent.nanosPerImage(count);
  }

  /** All counts of one moment. */
  public synchronized Snapshot snapshot() {
    SortedMap<Integer, TimeHistogram.Snapshot> runs = new TreeMap<>();
    runsBySize.forEach((size, times) -> runs.put(size, times.snapshot()));
    return new Snapshot(
        batches, images, failed, late, cancelled, busyNanos, queue.snapshot(), runs);
  }

  /**
   * @param batches runs of the network that succeeded
   * @param images images in those runs
   * @param failed images on which the network failed
   * @param late images dropped because their deadline had passed
   * @param cancelled images dropped because nobody waited for them
   * @param busyNanos time of the successful runs
   * @param queue how long each waited for an executor
   * @param runsBySize how long the runs with so many images took: the latency curve
   */
  public record Snapshot(
      long batches,
      long images,
      long failed,
      long late,
      long cancelled,
      long busyNanos,
      TimeHistogram.Snapshot queue,
      SortedMap<Integer, TimeHistogram.Snapshot> runsBySize) {
    public Snapshot {
      runsBySize = Collections.unmodifiableSortedMap(new TreeMap<>(runsBySize));
    }
  }
}
