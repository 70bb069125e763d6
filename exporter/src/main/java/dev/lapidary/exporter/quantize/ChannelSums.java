package dev.lapidary.exporter.quantize;

import java.util.Arrays;

/**
 * One image's values by channel: axis 1 from rank 4 on, else the last one; none below rank 2. All
 * is found in one pass, since memory is slower than sums.
 */
final class ChannelSums {
  private final double[] sums;
  private final float[] magnitudes;
  private long each;
  private float low = Float.POSITIVE_INFINITY;
  private float high = Float.NEGATIVE_INFINITY;
  private double total;

  private ChannelSums(int channels, long each) {
    this.sums = new double[channels];
    this.magnitudes = new float[channels];
    this.each = each;
  }

  /**
   * @param values row-major, and perhaps more behind them
   */
  static ChannelSums of(float[] values, long[] shape) {
    int count = Math.toIntExact(ValueBuffers.numel(shape));
    if (shape.length < 2) {
      ChannelSums none = new ChannelSums(0, 0);
      none.addRow(values, 0, count);
      return none;
    }
    // What is convolved has its channels at axis 1; lower ranks end with their features.
    int axis = shape.length >= 4 ? 1 : shape.length - 1;
    int channels = (int) shape[axis];
    int inner = 1;
    for (int d = axis + 1; d < shape.length; d++) {
      inner *= (int) shape[d];
    }
    ChannelSums all = new ChannelSums(channels, channels == 0 ? 0 : count / channels);
    int from = 0;
    for (; inner > 1 && from + 4 * inner <= count; from += 4 * inner) {
      all.addFour(values, from, inner);
    }
    for (; inner > 1 && from < count; from += inner) {
      all.addOne(values, from, inner);
    }
    for (; from < count; from += channels) {
      all.addRow(values, from, channels);
    }
    return all;
  }

  /** With those of another image, which are added one to one. */
  ChannelSums add(ChannelSums other) {
    for (int c = 0; c < sums.length; c++) {
      sums[c] += other.sums[c];
      magnitudes[c] = Math.max(magnitudes[c], other.magnitudes[c]);
    }
    each += other.each;
    return this;
  }

  double[] means() {
    return Arrays.stream(sums).map(sum -> sum / each).toArray();
  }

  /** The greatest of each channel. Not to be changed. */
  float[] magnitudes() {
    return magnitudes;
  }

  /** Of all values; infinite if there is none. */
  float low() {
    return low;
  }

  float high() {
    return high;
  }

  /** Whether no value is NaN or infinite: a sum of floats in double is else. */
  boolean isFinite() {
    return Double.isFinite(total);
  }

  /** One value of each channel, or of none. */
  private void addRow(float[] values, int from, int length) {
    for (int c = 0; c < length; c++) {
      float value = values[from + c];
      total += value;
      low = value < low ? value : low;
      high = value > high ? value : high;
      if (c < sums.length) {
        sums[c] += value;
        magnitudes[c] = Math.max(magnitudes[c], Math.abs(value));
      }
    }
  }

  private void addOne(float[] values, int from, int inner) {
    double sum = 0;
    float minimum = Float.POSITIVE_INFINITY;
    float maximum = Float.NEGATIVE_INFINITY;
    for (int i = from; i < from + inner; i++) {
      float value = values[i];
      sum += value;
      minimum = value < minimum ? value : minimum;
      maximum = value > maximum ? value : maximum;
    }
    add(from / inner, sum, minimum, maximum);
  }

  /** Four channels side by side: a processor else waits for each sum before the next value. */
  private void addFour(float[] values, int from, int inner) {
    double sum0 = 0;
    double sum1 = 0;
    double sum2 = 0;
    double sum3 = 0;
    float low0 = Float.POSITIVE_INFINITY;
    float low1 = low0;
    float low2 = low0;
    float low3 = low0;
    float high0 = Float.NEGATIVE_INFINITY;
    float high1 = high0;
    float high2 = high0;
    float high3 = high0;
    for (int i = from; i < from + inner; i++) {
      float value0 = values[i];
      float value1 = values[i + inner];
      float value2 = values[i + 2 * inner];
      float value3 = values[i + 3 * inner];
      sum0 += value0;
      sum1 += value1;
      sum2 += value2;
      sum3 += value3;
      low0 = value0 < low0 ? value0 : low0;
      low1 = value1 < low1 ? value1 : low1;
      low2 = value2 < low2 ? value2 : low2;
      low3 = value3 < low3 ? value3 : low3;
      high0 = value0 > high0 ? value0 : high0;
      high1 = value1 > high1 ? value1 : high1;
      high2 = value2 > high2 ? value2 : high2;
      high3 = value3 > high3 ? value3 : high3;
    }
    int first = from / inner;
    add(first, sum0, low0, high0);
    add(first + 1, sum1, low1, high1);
    add(first + 2, sum2, low2, high2);
    add(first + 3, sum3, low3, high3);
  }

  private void add(int row, double sum, float minimum, float maximum) {
    int channel = row % sums.length;
    sums[channel] += sum;
    total += sum;
    magnitudes[channel] =
        Math.max(magnitudes[channel], Math.max(Math.abs(minimum), Math.abs(maximum)));
    low = Math.min(low, minimum);
    high = Math.max(high, maximum);
  }
}
