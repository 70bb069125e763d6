package dev.lapidary.trainer.augment;

import dev.lapidary.core.image.RgbImage;
import dev.lapidary.core.tensor.RandomStream;

/**
 * TrivialAugment, wide (Mueller and Hutter 2021) as in torchvision: one operation of any strength.
 * Nothing to tune.
 */
record TrivialAugmentWide(Warp.Sampling sampling) implements PixelStep {
  private static final int BINS = 31;
  private static final PolicyOperation[] CHOICE = PolicyOperation.values();

  static TrivialAugmentWide of(StepArguments options) {
    return new TrivialAugmentWide(options.sampling());
  }

  @Override
  public RgbImage apply(RgbImage image, RandomStream random) {
    PolicyOperation operation = CHOICE[random.below(CHOICE.length)];
    double strength = strength(operation, random.below(BINS));
    return operation.applyEitherWay(image, strength, sampling, random);
  }

  static double strength(PolicyOperation operation, int bin) {
    return switch (operation) {
      case SHEAR_X, SHEAR_Y, BRIGHTNESS, COLOR, CONTRAST, SHARPNESS ->
          Magnitudes.linear(0, 0.99, BINS, bin);
      case TRANSLATE_X, TRANSLATE_Y -> Magnitudes.linear(0, 32, BINS, bin);
      case ROTATE -> Magnitudes.linear(0, 135, BINS, bin);
      case POSTERIZE -> Magnitudes.bits(8, 6, BINS, bin);
      case SOLARIZE -> Magnitudes.linear(255, 0, BINS, bin);
      case IDENTITY, AUTO_CONTRAST, EQUALIZE -> 0;
    };
  }

  @Override
  public String toString() {
    return "trivial(" + StepArguments.text(sampling) + ")";
  }
}
