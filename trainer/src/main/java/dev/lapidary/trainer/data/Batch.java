package dev.lapidary.trainer.data;

/**
 * Images and labels of one step. The arrays belong to the loader and are filled anew once the next
 * batch is asked for.
 */
public final class Batch {
  private final float[] images;
  private final long[] labels;
  private final long[] otherLabels;
  private final float weight;
  private final int[] samples;

  Batch(float[] images, long[] labels, int[] samples) {
    this(images, labels, labels, 1, samples);
  }

  private Batch(float[] images, long[] labels, long[] otherLabels, float weight, int[] samples) {
    this.images = images;
    this.labels = labels;
    this.otherLabels = otherLabels;
    this.weight = weight;
    this.samples = samples;
  }

  /** The same arrays: each image now holds {@code 1 - weight} of its predecessor's class. */
  public Batch mixedWithPredecessors(float ownWeight) {
    long[] others = new long[labels.length];
    for (int i = 0; i < others.length; i++) {
      others[i] = labels[Math.floorMod(i - 1, labels.length)];
    }
    return new Batch(images, labels, others, ownWeight, samples);
  }

  /** [count, C, H, W] float32, row-major; longer than that if this batch is not full. */
  public float[] images() {
    return images;
  }

  /** [count] class indices. */
  public long[] labels() {
    return labels;
  }

  /** [count] class indices of what was mixed in; the labels themselves if nothing was. */
  public long[] otherLabels() {
    return otherLabels;
  }

  /** How much of the loss is that of {@link #labels}; the rest is that of the others. */
  public float weight() {
    return weight;
  }

  /** [count] positions in the dataset. */
  public int[] samples() {
    return samples;
  }

  public int count() {
    return labels.length;
  }
}
