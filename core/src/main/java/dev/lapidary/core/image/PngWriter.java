package dev.lapidary.core.image;

import java.awt.image.BufferedImage;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.UncheckedIOException;
import javax.imageio.ImageIO;
import javax.imageio.stream.MemoryCacheImageOutputStream;

/** Writes PNG, lossless: {@link ImageDecoder} gives the same pixels back. */
public final class PngWriter {
  private PngWriter() {}

  public static byte[] encode(RgbImage image) {
    BufferedImage copy =
        new BufferedImage(image.width(), image.height(), BufferedImage.TYPE_INT_RGB);
    for (int y = 0; y < image.height(); y++) {
      for (int x = 0; x < image.width(); x++) {
        copy.setRGB(x, y, rgb(image, x, y));
      }
    }
    return bytes(copy);
  }

  /**
   * With pixels of the background's colour transparent: a decoder gives the same pixels back over
   * that background, and others over another.
   */
  public static byte[] encode(RgbImage image, Background background) {
    if (background.equals(Background.BLACK)) {
      return encode(image);
    }
    int under = background.red() << 16 | background.green() << 8 | background.blue();
    BufferedImage copy =
        new BufferedImage(image.width(), image.height(), BufferedImage.TYPE_INT_ARGB);
    for (int y = 0; y < image.height(); y++) {
      for (int x = 0; x < image.width(); x++) {
        int rgb = rgb(image, x, y);
        copy.setRGB(x, y, rgb == under ? 0 : 0xff000000 | rgb);
      }
    }
    return bytes(copy);
  }

  private static int rgb(RgbImage image, int x, int y) {
    return image.at(x, y, 0) << 16 | image.at(x, y, 1) << 8 | image.at(x, y, 2);
  }

  private static byte[] bytes(BufferedImage copy) {
    ByteArrayOutputStream bytes = new ByteArrayOutputStream();
    try (MemoryCacheImageOutputStream out = new MemoryCacheImageOutputStream(bytes)) {
      ImageIO.write(copy, "png", out);
    } catch (IOException e) {
      throw new UncheckedIOException("memory does not fail", e);
    }
    return bytes.toByteArray();
  }
}
