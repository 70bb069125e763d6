package dev.lapidary.core.image;

/**
 * A decoded image: 8-bit RGB, red first, upright. The pixel at column x of row y begins at {@code 3
 * * (y * width + x)}. Treat the pixels as read-only once handed over: a cache may share them.
 */
public final class RgbImage {
  private final int width;
  private final int height;
  private final byte[] pixels;

  /**
   * Wraps the bytes without a copy.
   *
   * @throws IllegalArgumentException if the bytes are not {@code 3 * width * height}
   */
  public RgbImage(int width, int height, byte[] pixels) {
    if (width < 1 || height < 1 || pixels.length != 3L * width * height) {
      throw new IllegalArgumentException(
          "%d bytes are no RGB image of %dx%d".formatted(pixels.length, width, height));
    }
    this.width = width;
    this.height = height;
    this.pixels = pixels;
  }

  public int width() {
    return width;
  }

  public int height() {
    return height;
  }

  /** Height x width x 3 bytes, not a copy. */
  public byte[] pixels() {
    return pixels;
  }

  /** One channel (0 red, 1 green, 2 blue) of one pixel, in 0..255. */
  public int at(int x, int y, int channel) {
    return pixels[3 * (y * width + x) + channel] & 0xff;
  }

  @Override
  public String toString() {
    return "RgbImage " + width + "x" + height;
  }
}
