package dev.lapidary.trainer.augment;

import dev.lapidary.core.image.RgbImage;
import dev.lapidary.core.tensor.RandomStream;

/**
 * torchvision's {@code RandomGrayscale}: the luma in all three channels.
 *
 * @param p the probability
 */
record Grayscale(double p) implements PixelStep {
  static Grayscale of(StepArguments options) {
    return new Grayscale(options.number("p", 0.1, 0, 1));
  }

  @Override
  public RgbImage apply(RgbImage image, RandomStream random) {
    return random.chance(p) ? Enhance.gray(image) : image;
  }

  @Override
  public String toString() {
    return "gray(p=" + StepArguments.text(p) + ")";
  }
}
