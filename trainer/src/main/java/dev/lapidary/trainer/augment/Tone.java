package dev.lapidary.trainer.augment;

import dev.lapidary.core.image.RgbImage;

/** Levels replaced through tables: Pillow's {@code ImageOps}. */
final class Tone {
  private static final int LEVELS = 256;

  private Tone() {}

  /** Keeps the upper {@code bits} of each sample. */
  static RgbImage posterize(RgbImage image, int bits) {
    int mask = -(1 << (8 - bits));
    byte[] table = new byte[LEVELS];
    for (int v = 0; v < LEVELS; v++) {
      table[v] = (byte) (v & mask);
    }
    return map(image, table, table, table);
  }

  /** Inverts samples that are not below the threshold. */
  static RgbImage solarize(RgbImage image, double threshold) {
    byte[] table = new byte[LEVELS];
    for (int v = 0; v < LEVELS; v++) {
      table[v] = (byte) (v < threshold ? v : 255 - v);
    }
    return map(image, table, table, table);
  }

  /** Stretches each channel so that its darkest sample is 0 and its lightest 255. */
  static RgbImage autoContrast(RgbImage image) {
    byte[][] tables = new byte[3][];
    for (int c = 0; c < 3; c++) {
      int[] histogram = histogram(image, c);
      int low = 0;
      int high = LEVELS - 1;
      while (histogram[low] == 0) {
        low++;
      }
      while (histogram[high] == 0) {
        high--;
      }
      double scale = high > low ? 255.0 / (high - low) : 1;
      double offset = high > low ? -low * scale : 0;
      tables[c] = new byte[LEVELS];
      for (int v = 0; v < LEVELS; v++) {
        tables[c][v] = (byte) Math.max(0, Math.min(255, (int) (v * scale + offset)));
      }
    }
    return map(image, tables[0], tables[1], tables[2]);
  }

  /** Makes each channel's levels about equally frequent. */
  static RgbImage equalize(RgbImage image) {
    byte[][] tables = new byte[3][];
    for (int c = 0; c < 3; c++) {
      tables[c] = equalized(histogram(image, c), image.width() * image.height());
    }
    return map(image, tables[0], tables[1], tables[2]);
  }

  private static byte[] equalized(int[] histogram, int pixels) {
    int last = LEVELS - 1;
    while (histogram[last] == 0) {
      last--;
    }
    int step = (pixels - histogram[last]) / 255;
    byte[] table = new byte[LEVELS];
    int sum = step / 2;
    for (int v = 0; v < LEVELS; v++) {
      table[v] = (byte) (step == 0 ? v : Math.min(255, sum / step));
      sum += histogram[v];
    }
    return table;
  }

  private static int[] histogram(RgbImage image, int channel) {
    int[] counts = new int[LEVELS];
    byte[] pixels = image.pixels();
    for (int i = channel; i < pixels.length; i += 3) {
      counts[pixels[i] & 0xff]++;
    }
    return counts;
  }

  private static RgbImage map(RgbImage image, byte[] red, byte[] green, byte[] blue) {
    byte[] from = image.pixels();
    byte[] to = new byte[from.length];
    for (int i = 0; i < from.length; i += 3) {
      to[i] = red[from[i] & 0xff];
      to[i + 1] = green[from[i + 1] & 0xff];
      to[i + 2] = blue[from[i + 2] & 0xff];
    }
    return new RgbImage(image.width(), image.height(), to);
  }
}
