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
  private static final Magnitudes MAGNITUDES = new Magnitudes(BINS, 0.3, 30, 0.9, 8, 4);
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
    double part = 150.0 / 331.0;
    return MAGNITUDES.of(operation, bin, part * width, part * height);
  }

  @Override
  public String toString() {
    return "randaugment(ops=%d, magnitude=%d, %s)"
        .formatted(operations, magnitude, StepArguments.text(sampling));
  }
}
