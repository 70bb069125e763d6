package dev.lapidary.trainer.data;

import java.util.List;
import java.util.Optional;

/**
 * Images and labels of one step. The arrays belong to the loader and are filled anew once the next
 * batch is asked for.
 *
 * @param images [count, C, H, W] float32, or features; row-major; longer than that if this batch is
 *     not full
 * @param labels what the images are, as {@link Dataset#targets} has it
 * @param otherLabels those of what was mixed in; the labels themselves if nothing was
 * @param weight how much of the loss is that of {@code labels}; the rest is that of the others
 * @param samples [count] positions in the dataset
 * @param entry empty if the batch holds images
 */
@SuppressWarnings("ArrayRecordComponent") // never compared
public record Batch(
    float[] images,
    long[] labels,
    long[] otherLabels,
    float weight,
    int[] samples,
    Optional<Entry> entry) {

  Batch(float[] images, long[] labels, int[] samples) {
    this(images, labels, labels, 1, samples, Optional.empty());
  }

  /**
   * Where in a network a batch goes in that holds features of its images instead of their pixels.
   *
   * @param cut its number, from 1
   * @param shape of one image's features
   */
  public record Entry(int cut, List<Integer> shape) {}

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

  /** 0 if the batch holds images. */
  public int cut() {
    return entry.map(Entry::cut).orElse(0);
  }

  /** Numbers in {@link #labels} for one image: 1, or of multi-label data one a label. */
  public int labelWidth() {
    return labels.length / count();
  }

  public int count() {
    return samples.length;
  }
}
