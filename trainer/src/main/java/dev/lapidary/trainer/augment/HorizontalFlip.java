package dev.lapidary.trainer.augment;

import dev.lapidary.core.image.RgbImage;
import dev.lapidary.core.tensor.RandomStream;

/**
 * torchvision's {@code RandomHorizontalFlip}: left and right exchanged.
 *
 * @param p the probability
 */
record HorizontalFlip(double p) implements PixelStep {
  static HorizontalFlip of(StepArguments options) {
    return new HorizontalFlip(options.number("p", 0.5, 0, 1));
  }

  @Override
  public RgbImage apply(RgbImage image, RandomStream random) {
    if (!random.chance(p)) {
      return image;
    }
    int row = 3 * image.width();
    byte[] from = image.pixels();
    byte[] to = new byte[from.length];
    for (int start = 0; start < from.length; start += row) {
      for (int x = 0; x < row; x += 3) {
        System.arraycopy(from, start + x, to, start + row - 3 - x, 3);
      }
    }
    return new RgbImage(image.width(), image.height(), to);
  }

  @Override
  public String toString() {
    return "hflip(p=" + StepArguments.text(p) + ")";
  }
}
