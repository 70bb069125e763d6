package dev.lapidary.models.image;

import dev.lapidary.models.image.Preprocessing.Interpolation;
import java.util.Arrays;

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
      filtered(image, region, columns, rows, to);
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

  /** Rows are shrunk sideways only as the column pass comes to need them, two at a time. */
  private static void filtered(RgbImage image, Box region, Taps columns, Taps rows, byte[] to) {
    int[][] shrunk = new int[rows.stride() + 1][3 * columns.length()];
    long[] pair = new long[3 * region.width()];
    int[] sums = new int[3 * columns.length()];
    int done = 0;
    int at = 0;
    for (int y = 0; y < rows.length(); y++) {
      int first = rows.first()[y];
      int end = first + rows.count()[y];
      for (done = Math.max(done, first); done < end; done += 2) {
        pack(image, region, done, Math.min(done + 1, region.height() - 1), pair);
        int[] even = shrunk[done % shrunk.length];
        shrinkRows(pair, columns, even, shrunk[(done + 1) % shrunk.length]);
      }
      Arrays.fill(sums, Taps.HALF);
      for (int k = 0; k < end - first; k++) {
        add(sums, shrunk[(first + k) % shrunk.length], rows.weights()[y * rows.stride() + k]);
      }
      for (int sum : sums) {
        to[at++] = (byte) Rgb.clip(sum >> Taps.BITS);
      }
    }
  }

  // Int to int, so that C2 turns it into vector instructions.
  private static void add(int[] sums, int[] row, int weight) {
    for (int i = 0; i < sums.length; i++) {
      sums[i] += weight * row[i];
    }
  }

  /** Two rows in the halves of longs, so that one multiplication does for both. */
  private static void pack(RgbImage image, Box region, int row, int nextRow, long[] pair) {
    byte[] pixels = image.pixels();
    int low = 3 * ((region.top() + row) * image.width() + region.left());
    int high = 3 * ((region.top() + nextRow) * image.width() + region.left());
    for (int i = 0; i < 3 * region.width(); i++) {
      pair[i] = (pixels[low + i] & 0xffL) | (pixels[high + i] & 0xffL) << 32;
    }
  }

  private static void shrinkRows(long[] pair, Taps columns, int[] low, int[] high) {
    int[] weights = columns.weights();
    for (int x = 0, at = 0, w = 0; x < columns.length(); x++, at += 3, w += columns.stride()) {
      long red = 0;
      long green = 0;
      long blue = 0;
      int p = 3 * columns.first()[x];
      int end = w + columns.count()[x];
      for (int k = w; k < end; k++, p += 3) {
        long weight = weights[k];
        red += pair[p] * weight;
        green += pair[p + 1] * weight;
        blue += pair[p + 2] * weight;
      }
      low[at] = level((int) red);
      low[at + 1] = level((int) green);
      low[at + 2] = level((int) blue);
      // A negative low half has borrowed from the high one.
      high[at] = level((int) ((red - (int) red) >> 32));
      high[at + 1] = level((int) ((green - (int) green) >> 32));
      high[at + 2] = level((int) ((blue - (int) blue) >> 32));
    }
  }

  private static int level(int sum) {
    return Rgb.clip((sum + Taps.HALF) >> Taps.BITS);
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
