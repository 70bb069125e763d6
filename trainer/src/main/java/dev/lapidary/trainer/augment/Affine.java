package dev.lapidary.trainer.augment;

import dev.lapidary.core.image.RgbImage;
import dev.lapidary.core.tensor.RandomStream;

/**
 * torchvision's {@code RandomAffine}: turned, moved, scaled and sheared along x, black outside.
 *
 * @param degrees the largest turn to either side
 * @param translate the largest move, in parts of the width and of the height
 * @param scale of the content
 * @param shear the largest shear to either side, in degrees
 */
record Affine(
    double degrees, double translate, DrawnRange scale, double shear, Warp.Sampling sampling)
    implements PixelStep {
  static Affine of(StepArguments options) {
    return new Affine(
        options.number("degrees", 10, 0, 180),
        options.number("translate", 0.1, 0, 1),
        options.range("scale", new DrawnRange(0.9, 1.1), 1e-2, 100),
        options.number("shear", 5, 0, 80),
        options.sampling());
  }

  @Override
  public RgbImage apply(RgbImage image, RandomStream random) {
    return Warp.apply(image, draw(image.width(), image.height(), random), sampling);
  }

  InverseAffine draw(int width, int height, RandomStream random) {
    double turn = random.uniform(-degrees, degrees);
    double moveX = Math.rint(random.uniform(-translate * width, translate * width));
    double moveY = Math.rint(random.uniform(-translate * height, translate * height));
    double size = scale.draw(random);
    double shearX = random.uniform(-shear, shear);
    return InverseAffine.of(width * 0.5, height * 0.5, turn, moveX, moveY, size, shearX, 0);
  }

  @Override
  public String toString() {
    return "affine(degrees=%s, translate=%s, scale=%s, shear=%s, %s)"
        .formatted(
            StepArguments.text(degrees),
            StepArguments.text(translate),
            scale,
            StepArguments.text(shear),
            StepArguments.text(sampling));
  }
}
