package dev.lapidary.trainer.augment;

import dev.lapidary.core.image.RgbImage;
import dev.lapidary.core.tensor.RandomStream;

/**
 * TrivialAugment, wide (Mueller and Hutter 2021) as in torchvision: one operation of any strength.
 * Nothing to tune.
 */
record TrivialAugmentWide(Warp.Sampling sampling) implements PixelStep {
  private static final int BINS = 31;
  private static final Magnitudes MAGNITUDES = new Magnitudes(BINS, 0.99, 135, 0.99, 8, 6);
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
    return MAGNITUDES.of(operation, bin, 32, 32);
  }

  @Override
  public String toString() {
    return "trivial(" + StepArguments.text(sampling) + ")";
  }
}
