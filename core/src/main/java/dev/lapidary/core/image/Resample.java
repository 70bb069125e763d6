package dev.lapidary.core.image;

import dev.lapidary.core.image.Preprocessing.Interpolation;

/**
 * Pillow's {@code Image.resize}, bit for bit: separable, antialiased, columns first, each of the
 * two passes rounded and clipped to 8 bits ({@code Resample.c}; nearest is {@code Geometry.c}).
 * Recent versions of Pillow (seen in 13.0) take the rows first where that is cheaper, such as for a
 * wide and low result; there they differ from this and from their predecessors.
 */
public final class Resample {
  private Resample() {}

  /** {@code image.crop(region).resize((width, height), filter)}. */
  public static RgbImage resize(
      RgbImage image, Box region, int width, int height, Interpolation filter) {
    return window(image, region, width, height, new Box(0, 0, width, height), filter);
  }

  /** Of the region resized to width x height only the window: a crop costs only itself. */
  static RgbImage window(
      RgbImage image, Box region, int width, int height, Box window, Interpolation filter) {
    region.requireInside(image.width(), image.height());
    window.requireInside(width, height);
    if (width == region.width() && height == region.height()) {
      return crop(
          image,
          new Box(
              region.left() + window.left(),
              region.top() + window.top(),
              window.width(),
              window.height()));
    }
    byte[] to = new byte[3 * window.width() * window.height()];
    if (filter == Interpolation.NEAREST) {
      nearest(image, region, width, height, window, to);
    } else {
      Taps columns = Taps.of(filter, region.width(), width, window.left(), window.width());
      Taps rows = Taps.of(filter, region.height(), height, window.top(), window.height());
      Convolution.apply(image, region, columns, rows, to);
    }
    return new RgbImage(window.width(), window.height(), to);
  }

  /** The same pixels, fewer of them; the image itself if the box is all of it. */
  public static RgbImage crop(RgbImage image, Box box) {
    box.requireInside(image.width(), image.height());
    if (box.equals(Box.of(image))) {
      return image;
    }
    byte[] to = new byte[3 * box.width() * box.height()];
    for (int y = 0; y < box.height(); y++) {
      int from = 3 * ((box.top() + y) * image.width() + box.left());
      System.arraycopy(image.pixels(), from, to, 3 * y * box.width(), 3 * box.width());
    }
    return new RgbImage(box.width(), box.height(), to);
  }

  private static void nearest(
      RgbImage image, Box region, int width, int height, Box window, byte[] to) {
    int[] columns = nearestSources(region.width(), width, window.left(), window.width());
    int[] rows = nearestSources(region.height(), height, window.top(), window.height());
    int at = 0;
    for (int row : rows) {
      int line = 3 * ((region.top() + row) * image.width() + region.left());
      for (int column : columns) {
        System.arraycopy(image.pixels(), line + 3 * column, to, at, 3);
        at += 3;
      }
    }
  }

  /** Pillow adds the step up instead of multiplying, so the sums round as its own. */
  private static int[] nearestSources(int in, int out, int from, int length) {
    int[] sources = new int[length];
    double step = (double) in / out;
    double position = step * 0.5;
    for (int i = 0; i < from + length; i++, position += step) {
      if (i >= from) {
        sources[i - from] = Math.min((int) position, in - 1);
      }
    }
    return sources;
  }
}
