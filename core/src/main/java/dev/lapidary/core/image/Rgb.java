package dev.lapidary.core.image;

/** Other samples to 8-bit RGB, each as Pillow converts ({@code Convert.c}). */
final class Rgb {
  private Rgb() {}

  /** {@code a * b / 255} rounded, exact for bytes. */
  static int times(int a, int b) {
    int t = a * b + 128;
    return (t + (t >> 8)) >> 8;
  }

  static int clip(int value) {
    return value < 0 ? 0 : Math.min(value, 255);
  }

  static byte[] ofGray(byte[] gray) {
    byte[] rgb = new byte[3 * gray.length];
    for (int i = 0; i < gray.length; i++) {
      rgb[3 * i] = gray[i];
      rgb[3 * i + 1] = gray[i];
      rgb[3 * i + 2] = gray[i];
    }
    return rgb;
  }

  /** {@code count} pixels; alpha in the highest byte, not multiplied into the others. */
  static void ofArgb(int[] argb, int from, int count, Background background, byte[] rgb, int to) {
    for (int i = from, at = to; i < from + count; i++, at += 3) {
      int pixel = argb[i];
      background.blend(pixel >> 16 & 0xff, pixel >> 8 & 0xff, pixel & 0xff, pixel >>> 24, rgb, at);
    }
  }

  /**
   * Four inks, stored inverted as Adobe does (255 is no ink), which Pillow takes for granted with
   * or without Adobe's marker.
   *
   * @param ycck the first three are YCbCr of the stored inks
   */
  static byte[] ofInvertedCmyk(byte[] inks, boolean ycck) {
    byte[] rgb = new byte[inks.length / 4 * 3];
    for (int from = 0, to = 0; from < inks.length; from += 4, to += 3) {
      int c = inks[from] & 0xff;
      int m = inks[from + 1] & 0xff;
      int y = inks[from + 2] & 0xff;
      int white = inks[from + 3] & 0xff;
      if (ycck) {
        int luma = c;
        int cb = m - 128;
        int cr = y - 128;
        c = 255 - clip(luma + red(cr));
        m = 255 - clip(luma + green(cb, cr));
        y = 255 - clip(luma + blue(cb));
      }
      rgb[to] = (byte) clip(white - times(255 - c, white));
      rgb[to + 1] = (byte) clip(white - times(255 - m, white));
      rgb[to + 2] = (byte) clip(white - times(255 - y, white));
    }
    return rgb;
  }

  // libjpeg's jdcolor.c: 16-bit fixed point of 1.402, 0.34414, 0.71414 and 1.772.
  private static int red(int cr) {
    return (91_881 * cr + 32_768) >> 16;
  }

  private static int green(int cb, int cr) {
    return (-22_554 * cb - 46_802 * cr + 32_768) >> 16;
  }

  private static int blue(int cb) {
    return (116_130 * cb + 32_768) >> 16;
  }
}
