package dev.lapidary.trainer.augment;

import dev.lapidary.core.image.RgbImage;
import dev.lapidary.core.tensor.RandomStream;

/**
 * RandAugment (Cubuk et al. 2020) as in torchvision: some operations one after the other, all of
 * the same strength.
 *
 * @param operations how many
 * @param magnitude the bin of the strength, of 31
 */
record RandAugment(int operations, int magnitude, Warp.Sampling sampling) implements PixelStep {
  private static final int BINS = 31;
  private static final PolicyOperation[] CHOICE = PolicyOperation.values();

  static RandAugment of(StepArguments options) {
    return new RandAugment(
        options.integer("ops", 2, 1, 20),
        options.integer("magnitude", 9, 0, BINS - 1),
        options.sampling());
  }

  @Override
  public RgbImage apply(RgbImage image, RandomStream random) {
    RgbImage changed = image;
    for (int i = 0; i < operations; i++) {
      PolicyOperation operation = CHOICE[random.below(CHOICE.length)];
      double strength = strength(operation, magnitude, image.width(), image.height());
      changed = operation.applyEitherWay(changed, strength, sampling, random);
    }
    return changed;
  }

  static double strength(PolicyOperation operation, int bin, int width, int height) {
    return switch (operation) {
      case SHEAR_X, SHEAR_Y -> Magnitudes.linear(0, 0.3, BINS, bin);
      case TRANSLATE_X -> Magnitudes.linear(0, 150.0 / 331.0 * width, BINS, bin);
      case TRANSLATE_Y -> Magnitudes.linear(0, 150.0 / 331.0 * height, BINS, bin);
      case ROTATE -> Magnitudes.linear(0, 30, BINS, bin);
      case BRIGHTNESS, COLOR, CONTRAST, SHARPNESS -> Magnitudes.linear(0, 0.9, BINS, bin);
      case POSTERIZE -> Magnitudes.bits(8, 4, BINS, bin);
      case SOLARIZE -> Magnitudes.linear(255, 0, BINS, bin);
      case IDENTITY, AUTO_CONTRAST, EQUALIZE -> 0;
    };
  }

  @Override
  public String toString() {
    return "randaugment(ops=%d, magnitude=%d, %s)"
        .formatted(operations, magnitude, StepArguments.text(sampling));
  }
}
