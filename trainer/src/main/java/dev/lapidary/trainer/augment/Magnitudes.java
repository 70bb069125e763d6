package dev.lapidary.trainer.augment;

/**
 * The strengths that a policy's bins stand for, in torch's float32 arithmetic, since some of them
 * are cut to integers afterwards.
 */
final class Magnitudes {
  private Magnitudes() {}

  /** {@code torch.linspace(start, end, bins)[bin]}: counted from the nearer end, fused. */
  static double linear(double start, double end, int bins, int bin) {
    float step = ((float) end - (float) start) / (bins - 1);
    return bin < bins / 2
        ? Math.fma(step, bin, (float) start)
        : Math.fma(-step, bins - bin - 1, (float) end);
  }

  /** {@code max - (arange(bins) / ((bins - 1) / span)).round()}: bits that posterizing keeps. */
  static double bits(int max, int span, int bins, int bin) {
    return max - Math.rint((float) bin / (float) ((bins - 1) / (double) span));
  }
}
