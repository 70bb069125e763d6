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

  /** Where negative values' bins begin. */
  private static final int NEGATIVE = BINS;

  /**
   * Where exact zeros are counted, in turn in one of some bins: many follow each other, and a
   * processor waits for a count before it counts there again.
   */
  private static final int ZEROS = 2 * BINS;

  private static final int TURNS = 8;

  /** Powers of two from here on are floats, and so is their product with any value. */
  private static final double MIN_LIMIT = 0x1p-100;

  private final long[] counts = new long[2 * BINS + TURNS];
  private long count;
  private float min = Float.POSITIVE_INFINITY;
  private float max = Float.NEGATIVE_INFINITY;
  private double limit;

  /**
   * Adds values.
   *
   * @param values and perhaps more behind them
   * @param low the least of them
   * @param high the greatest
   */
  void add(float[] values, int length, float low, float high) {
    if (length == 0) {
      return;
    }
    min = Math.min(min, low);
    max = Math.max(max, high);
    grow(Math.max(Math.abs((double) min), Math.abs((double) max)));
    if (limit < MIN_LIMIT) {
      double perUnit = limit == 0 ? 0 : BINS / limit;
      for (int i = 0; i < length; i++) {
        float v = values[i];
        counts[bin(v, (int) (Math.abs(v) * perUnit), i)]++;
      }
    } else {
      // A power of two: the product is the exact one, whose digits a float holds.
      float perUnit = (float) (BINS / limit);
      for (int i = 0; i < length; i++) {
        float v = values[i];
        counts[bin(v, (int) (Math.abs(v) * perUnit), i)]++;
      }
    }
    count += length;
  }

  /**
   * Without a branch on the sign or on zero, neither of which a processor foresees.
   *
   * @param magnitude below {@link #BINS}, since the limit is above all values
   */
  private static int bin(float value, int magnitude, int index) {
    int bits = Float.floatToRawIntBits(value);
    int unsigned = bits << 1;
    int other = (unsigned | -unsigned) >> (Integer.SIZE - 1); // all ones, or none for a zero
    int side = (bits >>> (Integer.SIZE - 1)) * NEGATIVE;
    return ((side + magnitude) & other) | ((ZEROS + (index & (TURNS - 1))) & ~other);
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
      merge(0);
      merge(NEGATIVE);
    }
  }

  /** Adds the values of another one, which may change by it: the coarser grid is both's. */
  void add(Histogram other) {
    if (other.limit > 0) {
      growTo(other.limit);
      other.growTo(limit);
    }
    for (int i = 0; i < counts.length; i++) {
      counts[i] += other.counts[i];
    }
    count += other.count;
    min = Math.min(min, other.min);
    max = Math.max(max, other.max);
  }

  private void merge(int side) {
    for (int i = 0; i < BINS / 2; i++) {
      counts[side + i] = counts[side + 2 * i] + counts[side + 2 * i + 1];
    }
    Arrays.fill(counts, side + BINS / 2, side + BINS, 0);
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

  /** Width of a bin, in the tensor's unit. */
  double binWidth() {
    return limit / BINS;
  }

  /**
   * The count of a signed bin: {@code 0..BINS-1} for positive values outward from 0, {@code
   * -1..-BINS} for negative ones.
   */
  long at(int bin) {
    return counts[bin >= 0 ? bin : NEGATIVE - bin - 1];
  }

  /** The middle of a signed bin. */
  double center(int bin) {
    return (bin + 0.5) * binWidth();
  }
}
