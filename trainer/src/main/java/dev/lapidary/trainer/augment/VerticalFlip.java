package dev.lapidary.trainer.augment;

import dev.lapidary.core.image.RgbImage;
import dev.lapidary.core.tensor.RandomStream;

/**
 * torchvision's {@code RandomVerticalFlip}: top and bottom exchanged.
 *
 * @param p the probability
 */
record VerticalFlip(double p) implements PixelStep {
  static VerticalFlip of(StepArguments options) {
    return new VerticalFlip(options.number("p", 0.5, 0, 1));
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
      System.arraycopy(from, start, to, from.length - row - start, row);
    }
    return new RgbImage(image.width(), image.height(), to);
  }

  @Override
  public String toString() {
    return "vflip(p=" + StepArguments.text(p) + ")";
  }
}
