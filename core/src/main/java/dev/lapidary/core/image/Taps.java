package dev.lapidary.core.image;

import dev.lapidary.core.image.Preprocessing.Interpolation;

/**
 * One axis of Pillow's resampling ({@code Resample.c}, {@code precompute_coeffs}): for each output
 * position the first source position and the weights, in 22-bit fixed point. Only the outputs of a
 * window are computed, since a crop throws the others away.
 */
final class Taps {
  static final int BITS = 22;
  static final int HALF = 1 << (BITS - 1);

  private final int[] first;
  private final int[] count;
  private final int[] weights;
  private final int stride;

  private Taps(int length, int stride) {
    this.first = new int[length];
    this.count = new int[length];
    this.weights = new int[length * stride];
    this.stride = stride;
  }

  /**
   * @param in source positions
   * @param out output positions that they become
   * @param from first output of the window
   * @param length outputs of the window
   */
  static Taps of(Interpolation filter, int in, int out, int from, int length) {
    if (in == out) {
      return identity(from, length);
    }
    double scale = (double) in / out;
    double filterScale = Math.max(scale, 1.0);
    double support = support(filter) * filterScale;
    int stride = Math.min(in, (int) Math.ceil(support) * 2 + 1);
    Taps taps = new Taps(length, stride);
    double[] exact = new double[stride];
    for (int i = 0; i < length; i++) {
      double centre = (from + i + 0.5) * scale;
      int min = Math.max((int) (centre - support + 0.5), 0);
      int max = Math.min((int) (centre + support + 0.5), in);
      taps.first[i] = min;
      taps.count[i] = max - min;
      double sum = 0;
      for (int k = 0; k < max - min; k++) {
        exact[k] = weight(filter, (k + min - centre + 0.5) * (1.0 / filterScale));
        sum += exact[k];
      }
      for (int k = 0; k < max - min; k++) {
        double normal = sum == 0 ? exact[k] : exact[k] / sum;
        taps.weights[i * stride + k] = (int) ((normal < 0 ? -0.5 : 0.5) + normal * (1 << BITS));
      }
    }
    return taps;
  }

  /** Pillow skips the pass; a weight of one is the same. */
  private static Taps identity(int from, int length) {
    Taps taps = new Taps(length, 1);
    for (int i = 0; i < length; i++) {
      taps.first[i] = from + i;
      taps.count[i] = 1;
      taps.weights[i] = 1 << BITS;
    }
    return taps;
  }

  /** The source position of each output's first weight. */
  int[] first() {
    return first;
  }

  /** The weights of each output. */
  int[] count() {
    return count;
  }

  /** {@link #stride} of them for each output, the first {@link #count} used. */
  int[] weights() {
    return weights;
  }

  int stride() {
    return stride;
  }

  int length() {
    return first.length;
  }

  private static double support(Interpolation filter) {
    return switch (filter) {
      case BILINEAR -> 1;
      case BICUBIC -> 2;
      case LANCZOS -> 3;
      case NEAREST -> throw new IllegalArgumentException("nearest has no weights");
    };
  }

  private static double weight(Interpolation filter, double x) {
    return switch (filter) {
      case BILINEAR -> Math.max(0, 1 - Math.abs(x));
      case BICUBIC -> cubic(Math.abs(x));
      case LANCZOS -> x >= -3 && x < 3 ? sinc(x) * sinc(x / 3) : 0;
      case NEAREST -> throw new IllegalArgumentException("nearest has no weights");
    };
  }

  /** Keys's cubic with a = -0.5. */
  private static double cubic(double x) {
    double a = -0.5;
    if (x < 1) {
      return ((a + 2) * x - (a + 3)) * x * x + 1;
    }
    return x < 2 ? (((x - 5) * x + 8) * x - 4) * a : 0;
  }

  private static double sinc(double x) {
    return x == 0 ? 1 : Math.sin(x * Math.PI) / (x * Math.PI);
  }
}
