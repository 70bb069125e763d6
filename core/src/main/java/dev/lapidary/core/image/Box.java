package dev.lapidary.core.image;

/** A rectangle of pixels: columns left to left + width - 1, rows top to top + height - 1. */
public record Box(int left, int top, int width, int height) {
  public Box {
    if (width < 1 || height < 1) {
      throw new IllegalArgumentException("a box of " + width + "x" + height + " pixels");
    }
  }

  public static Box of(RgbImage image) {
    return new Box(0, 0, image.width(), image.height());
  }

  void requireInside(int imageWidth, int imageHeight) {
    if (left < 0 || top < 0 || left > imageWidth - width || top > imageHeight - height) {
      throw new IllegalArgumentException(
          this + " leaves an image of %dx%d".formatted(imageWidth, imageHeight));
    }
  }
}
