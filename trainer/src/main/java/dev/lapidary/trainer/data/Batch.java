package dev.lapidary.trainer.data;

import java.util.List;
import java.util.Optional;

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
  private final Optional<Entry> entry;

  Batch(float[] images, long[] labels, int[] samples) {
    this(images, labels, labels, 1, samples, Optional.empty());
  }

  private Batch(
      float[] images,
      long[] labels,
      long[] otherLabels,
      float weight,
      int[] samples,
      Optional<Entry> entry) {
    this.images = images;
    this.labels = labels;
    this.otherLabels = otherLabels;
    this.weight = weight;
    this.samples = samples;
    this.entry = entry;
  }

  /**
   * Where in a network a batch goes in that holds features of its images instead of their pixels.
   *
   * @param cut its number, from 1
   * @param shape of one image's features
   */
  public record Entry(int cut, List<Integer> shape) {
    public Entry {
      shape = List.copyOf(shape);
    }
  }

  /**
   * @param features [count, shape...] float32; longer than that if the batch is not full
   */
  public static Batch ofFeatures(float[] features, Entry entry, long[] labels, int[] samples) {
    return new Batch(features, labels, labels, 1, samples, Optional.of(entry));
  }

  /** The same arrays: each image now holds {@code 1 - weight} of its predecessor. */
  public Batch mixedWithPredecessors(float ownWeight) {
    long[] others = new long[labels.length];
    for (int i = 0; i < others.length; i++) {
      others[i] = labels[Math.floorMod(i - labelWidth(), labels.length)];
    }
    return new Batch(images, labels, others, ownWeight, samples, entry);
  }

  /** Empty if the batch holds images. */
  public Optional<Entry> entry() {
    return entry;
  }

  /** 0 if the batch holds images. */
  public int cut() {
    return entry.map(Entry::cut).orElse(0);
  }

  /**
   * [count, C, H, W] float32, or features; row-major; longer than that if this batch is not full.
   */
  public float[] images() {
    return images;
  }

  /** What the images are, as {@link Dataset#targets} has it. */
  public long[] labels() {
    return labels;
  }

  /** Numbers in {@link #labels} for one image: 1, or of multi-label data one a label. */
  public int labelWidth() {
    return labels.length / count();
  }

  /** Those of what was mixed in; the labels themselves if nothing was. */
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
    return samples.length;
  }
}
