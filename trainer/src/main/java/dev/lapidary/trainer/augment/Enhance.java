package dev.lapidary.trainer.augment;

import dev.lapidary.core.image.Luma;
import dev.lapidary.core.image.RgbImage;
import java.util.Arrays;

/**
 * Pillow's {@code ImageEnhance}: the image blended with a poorer one of itself. Factor 1 is the
 * image, 0 the poorer one, above 1 the contrary. The blend is float32, as {@code Blend.c}.
 */
final class Enhance {
  private Enhance() {}

  /** Blended with black. */
  static RgbImage brightness(RgbImage image, double factor) {
    return blend(new byte[image.pixels().length], image, factor);
  }

  /** Blended with its mean gray. */
  static RgbImage contrast(RgbImage image, double factor) {
    byte[] pixels = image.pixels();
    long sum = 0;
    for (int i = 0; i < pixels.length; i += 3) {
      sum += Luma.of(pixels, i);
    }
    byte[] gray = new byte[pixels.length];
    Arrays.fill(gray, (byte) (int) (3.0 * sum / pixels.length + 0.5));
    return blend(gray, image, factor);
  }

  /** Blended with its gray version. */
  static RgbImage saturation(RgbImage image, double factor) {
    return blend(gray(image).pixels(), image, factor);
  }

  /** Blended with its smoothed version. */
  static RgbImage sharpness(RgbImage image, double factor) {
    return blend(smooth(image), image, factor);
  }

  /** Pillow's {@code convert("L")}, in three equal channels. */
  static RgbImage gray(RgbImage image) {
    byte[] pixels = image.pixels();
    byte[] gray = new byte[pixels.length];
    for (int i = 0; i < pixels.length; i += 3) {
      Arrays.fill(gray, i, i + 3, (byte) Luma.of(pixels, i));
    }
    return new RgbImage(image.width(), image.height(), gray);
  }

  private static RgbImage blend(byte[] poorer, RgbImage image, double factor) {
    byte[] pixels = image.pixels();
    float alpha = (float) factor;
    byte[] to = new byte[pixels.length];
    for (int i = 0; i < to.length; i++) {
      int from = poorer[i] & 0xff;
      float mixed = from + alpha * ((pixels[i] & 0xff) - from);
      to[i] = (byte) (mixed <= 0 ? 0 : mixed >= 255 ? 255 : (int) mixed);
    }
    return new RgbImage(image.width(), image.height(), to);
  }

  /** {@code ImageFilter.SMOOTH}: weights 1 around a 5, of 13; the border stays. */
  private static byte[] smooth(RgbImage image) {
    int row = 3 * image.width();
    byte[] from = image.pixels();
    byte[] to = from.clone();
    float side = 1f / 13;
    float centre = 5f / 13;
    for (int y = 1; y < image.height() - 1; y++) {
      for (int i = y * row + 3; i < (y + 1) * row - 3; i++) {
        float sum = 0.5f;
        sum += sum(from, i + row, side, side);
        sum += sum(from, i, side, centre);
        sum += sum(from, i - row, side, side);
        to[i] = (byte) Math.max(0, Math.min(255, (int) sum));
      }
    }
    return to;
  }

  private static float sum(byte[] from, int i, float side, float centre) {
    return (from[i - 3] & 0xff) * side + (from[i] & 0xff) * centre + (from[i + 3] & 0xff) * side;
  }
}
