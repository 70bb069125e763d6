package dev.lapidary.core.image;

import java.util.Arrays;

/** PNG's colour types and depths (section 11.2.1), and a row of each to RGB over a background. */
final class PngSamples {
  private static final int GRAY = 0;
  private static final int COLOUR = 2;
  private static final int PALETTE = 3;
  private static final int GRAY_ALPHA = 4;
  private static final int COLOUR_ALPHA = 6;

  private final Background background;
  private final int depth;
  private final int colourType;
  private final int channels;
  private final byte[] palette = new byte[3 * 256];
  private final byte[] alphas = new byte[256];
  private boolean hasPalette;

  /** The samples of the one transparent colour, or -1. */
  private final int[] key = {-1, -1, -1};

  PngSamples(int depth, int colourType, Background background) {
    boolean known =
        switch (colourType) {
          case GRAY -> depth == 1 || depth == 2 || depth == 4 || depth == 8 || depth == 16;
          case PALETTE -> depth == 1 || depth == 2 || depth == 4 || depth == 8;
          case COLOUR, GRAY_ALPHA, COLOUR_ALPHA -> depth == 8 || depth == 16;
          default -> false;
        };
    if (!known) {
      throw UndecodableImage.broken(
          "damaged PNG: colour type %d with depth %d does not exist", colourType, depth);
    }
    Arrays.fill(alphas, (byte) 0xff);
    this.background = background;
    this.depth = depth;
    this.colourType = colourType;
    this.channels =
        switch (colourType) {
          case COLOUR -> 3;
          case GRAY_ALPHA -> 2;
          case COLOUR_ALPHA -> 4;
          default -> 1;
        };
  }

  /** Bytes between a sample and the same sample of the pixel to its left, at least 1. */
  int pixelBytes() {
    return Math.max(1, channels * depth / 8);
  }

  int rowBytes(int columns) {
    return (int) (((long) columns * channels * depth + 7) / 8);
  }

  void palette(byte[] file, int at, int length) {
    System.arraycopy(file, at, palette, 0, Math.min(length, palette.length));
    hasPalette = true;
  }

  /** The alpha of palette entries; or a colour key, of whose 16 bits those of the depth count. */
  void transparency(byte[] file, int at, int length) {
    if (colourType == PALETTE) {
      System.arraycopy(file, at, alphas, 0, Math.min(length, alphas.length));
    } else {
      for (int c = 0; c < Math.min(length / 2, channels); c++) {
        int value = (file[at + 2 * c] & 0xff) << 8 | (file[at + 2 * c + 1] & 0xff);
        key[c] = value & ((1 << depth) - 1);
      }
    }
  }

  /** Composites the palette over the background, once, when both of its chunks were seen. */
  void finish() {
    for (int i = 0, at = 0; i < alphas.length; i++, at += 3) {
      background.blend(
          palette[at] & 0xff,
          palette[at + 1] & 0xff,
          palette[at + 2] & 0xff,
          alphas[i] & 0xff,
          palette,
          at);
    }
  }

  /**
   * @param row with its filter byte in front
   * @param step bytes from a pixel to the next in {@code rgb}, more than 3 if interlaced
   */
  void toRgb(byte[] row, int columns, byte[] rgb, int to, int step) {
    switch (colourType) {
      case COLOUR -> colour(row, columns, rgb, to, step);
      case COLOUR_ALPHA, GRAY_ALPHA -> alpha(row, columns, rgb, to, step);
      case PALETTE -> indexed(row, columns, rgb, to, step);
      default -> gray(row, columns, rgb, to, step);
    }
  }

  private void colour(byte[] row, int columns, byte[] rgb, int to, int step) {
    int bytes = depth / 8;
    if (bytes == 1 && step == 3 && key[0] < 0) {
      System.arraycopy(row, 1, rgb, to, 3 * columns);
      return;
    }
    for (int x = 0, at = 1; x < columns; x++, at += 3 * bytes, to += step) {
      if (isKey(row, at, bytes)) {
        background.put(rgb, to);
      } else {
        rgb[to] = row[at];
        rgb[to + 1] = row[at + bytes];
        rgb[to + 2] = row[at + 2 * bytes];
      }
    }
  }

  private boolean isKey(byte[] row, int at, int bytes) {
    for (int c = 0; c < 3; c++, at += bytes) {
      int value = bytes == 1 ? row[at] & 0xff : (row[at] & 0xff) << 8 | (row[at + 1] & 0xff);
      if (value != key[c]) {
        return false;
      }
    }
    return true;
  }

  private void alpha(byte[] row, int columns, byte[] rgb, int to, int step) {
    int bytes = depth / 8;
    int green = channels == 4 ? bytes : 0;
    int alphaAt = (channels - 1) * bytes;
    for (int x = 0, at = 1; x < columns; x++, at += channels * bytes, to += step) {
      background.blend(
          row[at] & 0xff,
          row[at + green] & 0xff,
          row[at + 2 * green] & 0xff,
          row[at + alphaAt] & 0xff,
          rgb,
          to);
    }
  }

  private void indexed(byte[] row, int columns, byte[] rgb, int to, int step) {
    if (!hasPalette) {
      throw UndecodableImage.broken("damaged PNG: palette image without a PLTE chunk");
    }
    for (int x = 0; x < columns; x++, to += step) {
      System.arraycopy(palette, 3 * packed(row, x), rgb, to, 3);
    }
  }

  private void gray(byte[] row, int columns, byte[] rgb, int to, int step) {
    int max = (1 << depth) - 1;
    for (int x = 0; x < columns; x++, to += step) {
      int value = packed(row, x);
      // For 16 bits, value / 257 rounded; below 8 an exact product; for 8 the value itself.
      int gray = (value * 255 + max / 2) / max;
      rgb[to] = (byte) gray;
      rgb[to + 1] = (byte) gray;
      rgb[to + 2] = (byte) gray;
      if (value == key[0]) {
        background.put(rgb, to);
      }
    }
  }

  /** The one-channel sample at column x. */
  private int packed(byte[] row, int x) {
    if (depth == 8) {
      return row[1 + x] & 0xff;
    }
    if (depth == 16) {
      return (row[1 + 2 * x] & 0xff) << 8 | (row[2 + 2 * x] & 0xff);
    }
    int bit = x * depth;
    int shift = 8 - depth - (bit & 7);
    return (row[1 + (bit >> 3)] & 0xff) >> shift & ((1 << depth) - 1);
  }
}
