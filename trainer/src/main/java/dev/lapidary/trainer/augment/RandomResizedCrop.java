package dev.lapidary.trainer.augment;

import dev.lapidary.core.image.Box;
import dev.lapidary.core.image.Preprocessing;
import dev.lapidary.core.image.Resample;
import dev.lapidary.core.image.RgbImage;
import dev.lapidary.core.tensor.RandomStream;

/**
 * torchvision's {@code RandomResizedCrop}: a box of random area and aspect, resized to the
 * network's input with the rule's own filter.
 *
 * @param scale the box's part of the image's area
 * @param ratio width / height of the box, drawn evenly in its logarithm
 */
record RandomResizedCrop(DrawnRange scale, DrawnRange ratio, Preprocessing rule)
    implements PixelStep {
  private static final int TRIES = 10;

  static RandomResizedCrop of(StepArguments options, Preprocessing rule) {
    return new RandomResizedCrop(
        options.range("scale", new DrawnRange(0.08, 1), 1e-4, 1),
        options.range("ratio", new DrawnRange(3.0 / 4, 4.0 / 3), 1e-2, 100),
        rule);
  }

  @Override
  public RgbImage apply(RgbImage image, RandomStream random) {
    Box box = box(image.width(), image.height(), random);
    return Resample.resize(image, box, rule.cropWidth(), rule.cropHeight(), rule.interpolation());
  }

  Box box(int width, int height, RandomStream random) {
    double area = (double) width * height;
    for (int i = 0; i < TRIES; i++) {
      double target = area * scale.draw(random);
      double aspect = ratio.drawLog(random);
      int w = (int) Math.rint(Math.sqrt(target * aspect));
      int h = (int) Math.rint(Math.sqrt(target / aspect));
      if (w > 0 && w <= width && h > 0 && h <= height) {
        int top = random.below(height - h + 1);
        int left = random.below(width - w + 1);
        return new Box(left, top, w, h);
      }
    }
    return centre(width, height);
  }

  /** The largest centred box whose aspect is allowed. */
  private Box centre(int width, int height) {
    double aspect = (double) width / height;
    int w = width;
    int h = height;
    if (aspect < ratio.low()) {
      h = Math.max(1, Math.min(height, (int) Math.rint(w / ratio.low())));
    } else if (aspect > ratio.high()) {
      w = Math.max(1, Math.min(width, (int) Math.rint(h * ratio.high())));
    }
    return new Box((width - w) / 2, (height - h) / 2, w, h);
  }

  @Override
  public String toString() {
    return "rrc(scale=" + scale + ", ratio=" + ratio + ")";
  }
}
