package dev.lapidary.models.image;

import dev.lapidary.models.image.Preprocessing.Interpolation;
import java.util.Arrays;

/**
 * Pillow's {@code Image.resize}, bit for bit: separable, antialiased, columns first, each of the
 * two passes rounded and clipped to 8 bits ({@code Resample.c}; nearest is {@code Geometry.c}).
 * Recent versions of Pillow (seen in 13.0) take the rows first where that is cheaper, such as for a
 * wide and low result; there they differ by a level from this and from their predecessors.
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

  /** Rows are shrunk sideways only as the column pass comes to need them. */
  private static void filtered(RgbImage image, Box region, Taps columns, Taps rows, byte[] to) {
    int[][] shrunk = new int[rows.stride()][3 * columns.length()];
    int[] sums = new int[3 * columns.length()];
    int done = 0;
    int at = 0;
    for (int y = 0; y < rows.length(); y++) {
      int first = rows.first()[y];
      int end = first + rows.count()[y];
      for (done = Math.max(done, first); done < end; done++) {
        int from = 3 * ((region.top() + done) * image.width() + region.left());
        shrinkRow(image.pixels(), from, columns, shrunk[done % shrunk.length]);
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

  private static void shrinkRow(byte[] pixels, int from, Taps columns, int[] to) {
    int[] weights = columns.weights();
    for (int x = 0, at = 0, w = 0; x < columns.length(); x++, w += columns.stride()) {
      int red = Taps.HALF;
      int green = Taps.HALF;
      int blue = Taps.HALF;
      int p = from + 3 * columns.first()[x];
      int end = w + columns.count()[x];
      for (int k = w; k < end; k++, p += 3) {
        int weight = weights[k];
        red += (pixels[p] & 0xff) * weight;
        green += (pixels[p + 1] & 0xff) * weight;
        blue += (pixels[p + 2] & 0xff) * weight;
      }
      to[at++] = Rgb.clip(red >> Taps.BITS);
      to[at++] = Rgb.clip(green >> Taps.BITS);
      to[at++] = Rgb.clip(blue >> Taps.BITS);
    }
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
