package dev.lapidary.trainer.data;

/**
 * Images and labels of one step. The arrays belong to the loader and are filled anew once the next
 * batch is asked for.
 */
public final class Batch {
  private final float[] images;
  private final long[] labels;
  private final int[] samples;
  private final int count;

  Batch(float[] images, long[] labels, int[] samples, int count) {
    this.images = images;
    this.labels = labels;
    this.samples = samples;
    this.count = count;
  }

  /** [count, C, H, W] float32, row-major; longer than that if this batch is not full. */
  public float[] images() {
    return images;
  }

  /** [count] class indices. */
  public long[] labels() {
    return labels;
  }

  /** [count] positions in the dataset. */
  public int[] samples() {
    return samples;
  }

  public int count() {
    return count;
  }
}
