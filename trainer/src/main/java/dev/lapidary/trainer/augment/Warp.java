package dev.lapidary.trainer.augment;

import dev.lapidary.core.image.RgbImage;

/**
 * Pillow's {@code Image.transform(AFFINE)} to the same size, black outside ({@code Geometry.c}),
 * with the arithmetic of its two paths: 16-bit fixed point for nearest, doubles for bilinear.
 */
final class Warp {
  /** How the input is read between its pixels. */
  enum Sampling {
    NEAREST,
    BILINEAR
  }

  private static final double FIXED_ONE = 65_536.0;

  private Warp() {}

  static RgbImage apply(RgbImage image, InverseAffine matrix, Sampling sampling) {
    byte[] to = new byte[image.pixels().length];
    if (sampling == Sampling.BILINEAR) {
      bilinear(image, matrix, to);
    } else if (matrix.b() == 0 && matrix.d() == 0) {
      scaled(image, matrix, to);
    } else {
      nearest(image, matrix, to);
    }
    return new RgbImage(image.width(), image.height(), to);
  }

  private static void nearest(RgbImage image, InverseAffine m, byte[] to) {
    int width = image.width();
    int height = image.height();
    int stepX = fixed(m.a());
    int stepY = fixed(m.d());
    int rowX = fixed(m.c() + m.a() * 0.5 + m.b() * 0.5);
    int rowY = fixed(m.f() + m.d() * 0.5 + m.e() * 0.5);
    for (int v = 0, at = 0; v < height; v++) {
      int x = rowX;
      int y = rowY;
      for (int u = 0; u < width; u++, at += 3) {
        copy(image, x >> 16, y >> 16, to, at);
        x += stepX;
        y += stepY;
      }
      rowX += fixed(m.b());
      rowY += fixed(m.e());
    }
  }

  private static int fixed(double value) {
    return (int) Math.floor(value * FIXED_ONE + 0.5);
  }

  /** No turn and no shear: Pillow adds up positions in doubles. */
  private static void scaled(RgbImage image, InverseAffine m, byte[] to) {
    double y = m.f() + m.e() * 0.5;
    for (int v = 0, at = 0; v < image.height(); v++, y += m.e()) {
      double x = m.c() + m.a() * 0.5;
      for (int u = 0; u < image.width(); u++, at += 3, x += m.a()) {
        copy(image, (int) Math.floor(x), (int) Math.floor(y), to, at);
      }
    }
  }

  private static void copy(RgbImage image, int x, int y, byte[] to, int at) {
    if (x >= 0 && x < image.width() && y >= 0 && y < image.height()) {
      int from = 3 * (y * image.width() + x);
      to[at] = image.pixels()[from];
      to[at + 1] = image.pixels()[from + 1];
      to[at + 2] = image.pixels()[from + 2];
    }
  }

  private static void bilinear(RgbImage image, InverseAffine m, byte[] to) {
    int width = image.width();
    int height = image.height();
    byte[] from = image.pixels();
    for (int v = 0, at = 0; v < height; v++) {
      for (int u = 0; u < width; u++, at += 3) {
        double x = m.a() * (u + 0.5) + m.b() * (v + 0.5) + m.c();
        double y = m.d() * (u + 0.5) + m.e() * (v + 0.5) + m.f();
        if (x < 0 || x >= width || y < 0 || y >= height) {
          continue;
        }
        int left = (int) Math.floor(x - 0.5);
        int top = (int) Math.floor(y - 0.5);
        double dx = x - 0.5 - left;
        double dy = y - 0.5 - top;
        int x0 = 3 * Math.max(left, 0);
        int x1 = 3 * Math.min(left + 1, width - 1);
        int y0 = 3 * width * Math.max(top, 0);
        int y1 = top + 1 < height ? 3 * width * (top + 1) : y0;
        for (int c = 0; c < 3; c++) {
          double upper = between(from[y0 + x0 + c], from[y0 + x1 + c], dx);
          double lower = between(from[y1 + x0 + c], from[y1 + x1 + c], dx);
          to[at + c] = (byte) (int) (upper + (lower - upper) * dy);
        }
      }
    }
  }

  private static double between(byte a, byte b, double t) {
    int first = a & 0xff;
    return first + ((b & 0xff) - first) * t;
  }
}
