package dev.lapidary.exporter.quantize;

import java.util.Arrays;

/**
 * How often a tensor's values fell where: {@value #BINS} bins for each sign, over [0, limit) of the
 * magnitude, the limit being the least power of two above all of them. When a larger value comes,
 * the limit doubles and neighbouring bins merge, so that memory is bounded and no count is lost; at
 * least half of the bins stay in use. As all limits are powers of two, a value's bin comes out the
 * same whenever the limit grew: neither the order of the values nor their parts in {@link
 * #add(Histogram)} change anything. Exact zeros are counted by themselves: after Relu they are most
 * of the data and would hide the rest.
 */
final class Histogram {
  static final int BINS = 4096;

  private final long[] positive = new long[BINS];
  private final long[] negative = new long[BINS];
  private long zeros;
  private long count;
  private float min = Float.POSITIVE_INFINITY;
  private float max = Float.NEGATIVE_INFINITY;
  private double limit;

  /**
   * Adds values.
   *
   * @throws NonFiniteValue if one of them is NaN or infinite
   */
  void add(float[] values) {
    float low = min;
    float high = max;
    for (float v : values) {
      if (!(Math.abs(v) <= Float.MAX_VALUE)) {
        throw new NonFiniteValue(v);
      }
      low = Math.min(low, v);
      high = Math.max(high, v);
    }
    min = low;
    max = high;
    if (values.length > 0) {
      grow(Math.max(Math.abs((double) low), Math.abs((double) high)));
    }
    double perUnit = BINS / limit;
    for (float v : values) {
      if (v == 0) {
        zeros++;
      } else {
        long[] side = v > 0 ? positive : negative;
        side[(int) Math.min(BINS - 1, Math.abs(v) * perUnit)]++;
      }
    }
    count += values.length;
  }

  private void grow(double magnitude) {
    if (magnitude > 0) {
      growTo(Math.scalb(1.0, Math.getExponent(magnitude) + 1));
    }
  }

  private void growTo(double power) {
    if (limit == 0) {
      limit = power;
    }
    while (limit < power) {
      limit *= 2;
      merge(positive);
      merge(negative);
    }
  }

  /** Adds the values of another one, which may change by it: the coarser grid is both's. */
  void add(Histogram other) {
    if (other.limit > 0) {
      growTo(other.limit);
      other.growTo(limit);
    }
    for (int i = 0; i < BINS; i++) {
      positive[i] += other.positive[i];
      negative[i] += other.negative[i];
    }
    zeros += other.zeros;
    count += other.count;
    min = Math.min(min, other.min);
    max = Math.max(max, other.max);
  }

  private static void merge(long[] side) {
    for (int i = 0; i < BINS / 2; i++) {
      side[i] = side[2 * i] + side[2 * i + 1];
    }
    Arrays.fill(side, BINS / 2, BINS, 0);
  }

  /** What was observed; [0, 0] if nothing was. */
  Range observed() {
    return count == 0 ? new Range(0, 0) : new Range(min, max);
  }

  boolean oneSided() {
    return count == 0 || min >= 0 || max <= 0;
  }

  long count() {
    return count;
  }

  long zeros() {
    return zeros;
  }

  /** Width of a bin, in the tensor's unit. */
  double binWidth() {
    return limit / BINS;
  }

  /**
   * The count of a signed bin: {@code 0..BINS-1} for positive values outward from 0, {@code
   * -1..-BINS} for negative ones.
   */
  long at(int bin) {
    return bin >= 0 ? positive[bin] : negative[-bin - 1];
  }

  /** The middle of a signed bin. */
  double center(int bin) {
    return (bin + 0.5) * binWidth();
  }

  /** A calibration value that no range can cover. */
  static final class NonFiniteValue extends RuntimeException {
    private static final long serialVersionUID = 1L;

    NonFiniteValue(float value) {
      super("a value is " + value);
    }
  }
}
