package dev.lapidary.trainer.augment;

import dev.lapidary.core.image.RgbImage;

/**
 * torchvision's {@code adjust_hue} on Pillow's 8-bit HSV ({@code Convert.c}, after Python's
 * colorsys): the hue goes round by a part of its circle, with all of the roundings there and back.
 */
final class Hue {
  private Hue() {}

  /**
   * @param factor of the whole circle, in [-0.5, 0.5]
   */
  static RgbImage shift(RgbImage image, double factor) {
    int turn = (int) (factor * 255);
    byte[] from = image.pixels();
    byte[] to = new byte[from.length];
    for (int i = 0; i < from.length; i += 3) {
      int red = from[i] & 0xff;
      int green = from[i + 1] & 0xff;
      int blue = from[i + 2] & 0xff;
      int value = Math.max(red, Math.max(green, blue));
      int min = Math.min(red, Math.min(green, blue));
      int hue = 0;
      int saturation = 0;
      if (value > min) {
        hue = hue(red, green, blue, value, value - min);
        saturation = clip((int) ((float) (value - min) / value * 255.0));
      }
      rgb((hue + turn) & 0xff, saturation, value, to, i);
    }
    return new RgbImage(image.width(), image.height(), to);
  }

  private static int hue(int red, int green, int blue, int value, float range) {
    float fromRed = (value - red) / range;
    float fromGreen = (value - green) / range;
    float fromBlue = (value - blue) / range;
    float sixths;
    if (red == value) {
      sixths = fromBlue - fromGreen;
    } else if (green == value) {
      sixths = (float) (2.0 + fromRed - fromBlue);
    } else {
      sixths = (float) (4.0 + fromGreen - fromRed);
    }
    float circle = (float) ((sixths / 6.0 + 1.0) % 1.0);
    return clip((int) (circle * 255.0));
  }

  private static void rgb(int hue, int saturation, int value, byte[] to, int at) {
    float s = (float) (saturation / 255.0);
    float sixths = (float) (hue * 6.0 / 255.0);
    int sector = (int) sixths;
    float f = sixths - sector;
    byte p = level(value * (1.0 - s));
    byte q = level(value * (1.0 - s * f));
    byte t = level(value * (1.0 - s * (1.0 - f)));
    byte v = (byte) value;
    switch (sector % 6) {
      case 0 -> put(to, at, v, t, p);
      case 1 -> put(to, at, q, v, p);
      case 2 -> put(to, at, p, v, t);
      case 3 -> put(to, at, p, q, v);
      case 4 -> put(to, at, t, p, v);
      default -> put(to, at, v, p, q);
    }
  }

  private static byte level(double value) {
    return (byte) clip((int) Math.floor(value + 0.5));
  }

  private static int clip(int value) {
    return Math.max(0, Math.min(255, value));
  }

  private static void put(byte[] to, int at, byte red, byte green, byte blue) {
    to[at] = red;
    to[at + 1] = green;
    to[at + 2] = blue;
  }
}
