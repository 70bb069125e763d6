package dev.lapidary.trainer.augment;

import dev.lapidary.core.image.RgbImage;
import dev.lapidary.core.tensor.RandomStream;

/**
 * torchvision's {@code RandomRotation}: turned about the centre, black outside.
 *
 * @param degrees the largest turn to either side
 */
record Rotation(double degrees, Warp.Sampling sampling) implements PixelStep {
  static Rotation of(StepArguments options) {
    return new Rotation(options.number("degrees", 15, 0, 180), options.sampling());
  }

  @Override
  public RgbImage apply(RgbImage image, RandomStream random) {
    return Warp.apply(image, draw(image.width(), image.height(), random), sampling);
  }

  InverseAffine draw(int width, int height, RandomStream random) {
    return InverseAffine.rotation(random.uniform(-degrees, degrees), width, height);
  }

  @Override
  public String toString() {
    return "rotate(degrees=%s, %s)"
        .formatted(StepArguments.text(degrees), StepArguments.text(sampling));
  }
}
