package dev.lapidary.trainer.run.round;

import java.io.Serializable;

/**
 * A part of all workers' values, put together by itself.
 *
 * @param from the first of the values
 * @param to behind the last
 */
public record Slice(int from, int to) implements Serializable {

  /** The {@code number}-th of {@code count} about equal ones of so many values. */
  public static Slice of(int number, int count, int values) {
    return new Slice(
        (int) ((long) values * number / count), (int) ((long) values * (number + 1) / count));
  }

  /**
   * In the workers' order, whatever order they were done in. Sums are made in float32, one worker
   * after the other, as one machine adds up the gradients of batches; means in float64, each image
   * weighing equally, so that the mean of equal numbers is that number.
   *
   * @param parts this part of each worker's values; of a worker without images none
   * @param images of each worker
   * @param summed how many of all values are summed
   */
  public float[] combine(float[][] parts, long[] images, int summed) {
    int sums = Math.max(0, Math.min(to - from, summed - from));
    float[] result = new float[to - from];
    double[] means = new double[to - from - sums];
    long all = 0;
    boolean first = true;
    for (int worker = 0; worker < parts.length; worker++) {
      if (images[worker] == 0) {
        continue;
      }
      float[] part = parts[worker];
      for (int i = 0; i < sums; i++) {
        result[i] = first ? part[i] : result[i] + part[i];
      }
      for (int i = 0; i < means.length; i++) {
        means[i] += (double) part[sums + i] * (double) images[worker];
      }
      all += images[worker];
      first = false;
    }
    for (int i = 0; i < means.length; i++) {
      result[sums + i] = (float) (means[i] / (double) all);
    }
    return result;
  }
}
