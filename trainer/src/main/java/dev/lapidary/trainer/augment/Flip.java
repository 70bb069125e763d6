package dev.lapidary.trainer.augment;

import dev.lapidary.core.image.RgbImage;
import dev.lapidary.core.tensor.RandomStream;

/**
 * torchvision's {@code RandomHorizontalFlip}, left and right exchanged, and {@code
 * RandomVerticalFlip}, top and bottom.
 *
 * @param p the probability
 */
record Flip(boolean horizontal, double p) implements PixelStep {
  static Flip of(boolean horizontal, StepArguments options) {
    return new Flip(horizontal, options.number("p", 0.5, 0, 1));
  }

  @Override
  public RgbImage apply(RgbImage image, RandomStream random) {
    if (!random.chance(p)) {
      return image;
    }
    int row = 3 * image.width();
    byte[] from = image.pixels();
    byte[] to = new byte[from.length];
    int whole = horizontal ? row : from.length;
    int part = horizontal ? 3 : row;
    for (int start = 0; start < from.length; start += whole) {
      for (int at = 0; at < whole; at += part) {
        System.arraycopy(from, start + at, to, start + whole - part - at, part);
      }
    }
    return new RgbImage(image.width(), image.height(), to);
  }

  @Override
  public String toString() {
    return (horizontal ? "hflip" : "vflip") + "(p=" + StepArguments.text(p) + ")";
  }
}
