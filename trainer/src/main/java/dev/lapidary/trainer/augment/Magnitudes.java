package dev.lapidary.trainer.augment;

/**
 * The strengths that a policy's bins stand for, in torch's float32 arithmetic, since some of them
 * are cut to integers afterwards.
 *
 * @param shear the last bin's, likewise {@code turn} in degrees and {@code blend}
 * @param maxBits that posterizing keeps, in the first bin; {@code spanOfBits} less in the last
 */
record Magnitudes(int bins, double shear, double turn, double blend, int maxBits, int spanOfBits) {

  /**
   * The strength of a bin.
   *
   * @param moveX the last bin's of a move along x, in pixels
   * @param moveY likewise along y
   */
  double of(PolicyOperation operation, int bin, double moveX, double moveY) {
    return switch (operation) {
      case SHEAR_X, SHEAR_Y -> linear(0, shear, bin);
      case TRANSLATE_X -> linear(0, moveX, bin);
      case TRANSLATE_Y -> linear(0, moveY, bin);
      case ROTATE -> linear(0, turn, bin);
      case BRIGHTNESS, COLOR, CONTRAST, SHARPNESS -> linear(0, blend, bin);
      case POSTERIZE -> bits(bin);
      case SOLARIZE -> linear(255, 0, bin);
      case IDENTITY, AUTO_CONTRAST, EQUALIZE -> 0;
    };
  }

  /** {@code torch.linspace(start, end, bins)[bin]}: counted from the nearer end, fused. */
  private double linear(double start, double end, int bin) {
    float step = ((float) end - (float) start) / (bins - 1);
    return bin < bins / 2
        ? Math.fma(step, bin, (float) start)
        : Math.fma(-step, bins - bin - 1, (float) end);
  }

  /** {@code max - (arange(bins) / ((bins - 1) / span)).round()}: bits that posterizing keeps. */
  private double bits(int bin) {
    return maxBits - Math.rint((float) bin / (float) ((bins - 1) / (double) spanOfBits));
  }
}
