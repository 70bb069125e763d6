package dev.lapidary.runtime.batch;

import java.util.ArrayList;
import java.util.List;
import java.util.OptionalDouble;

/** Counts of one batcher since it began, and how fast it has been of late. Thread-safe. */
public final class BatchStatistics {
  /** Weight of the newest batch in the running mean: the last 10 or so decide. */
  private static final double NEWEST = 0.2;

  private final long[] batchesBySize;
  private long images;
  private long failed;
  private long late;
  private long cancelled;
  private long busyNanos;
  private double nanosPerImage = Double.NaN;

  public BatchStatistics(int maxBatch) {
    batchesBySize = new long[maxBatch + 1];
  }

  public synchronized void ran(int size, long nanos) {
    batchesBySize[size]++;
    images += size;
    busyNanos += nanos;
    double now = (double) nanos / size;
    nanosPerImage =
        Double.isNaN(nanosPerImage) ? now : nanosPerImage + NEWEST * (now - nanosPerImage);
  }

  /** What an image takes, as long as no batch has told. */
  public synchronized void expect(double nanos) {
    if (images == 0) {
      nanosPerImage = nanos;
    }
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

  /** Running mean of a batch's time over its images; empty before the first batch. */
  public synchronized OptionalDouble nanosPerImage() {
    return Double.isNaN(nanosPerImage) ? OptionalDouble.empty() : OptionalDouble.of(nanosPerImage);
  }

  /** All counts of one moment. */
  public synchronized Snapshot snapshot() {
    List<Long> sizes = new ArrayList<>(batchesBySize.length - 1);
    long batches = 0;
    for (int size = 1; size < batchesBySize.length; size++) {
      sizes.add(batchesBySize[size]);
      batches += batchesBySize[size];
    }
    return new Snapshot(batches, images, failed, late, cancelled, busyNanos, sizes);
  }

  /**
   * @param batches runs of the network that succeeded
   * @param images images in those runs
   * @param failed images on which the network failed
   * @param late images dropped because their deadline had passed
   * @param cancelled images dropped because nobody waited for them
   * @param busyNanos time of the successful runs
   * @param batchesBySize the runs with 1, 2, ... images
   */
  public record Snapshot(
      long batches,
      long images,
      long failed,
      long late,
      long cancelled,
      long busyNanos,
      List<Long> batchesBySize) {
    public Snapshot {
      batchesBySize = List.copyOf(batchesBySize);
    }
  }
}
