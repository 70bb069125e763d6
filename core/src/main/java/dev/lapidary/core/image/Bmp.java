package dev.lapidary.core.image;

/**
 * BMP of Windows (BITMAPINFOHEADER to BITMAPV5HEADER) and OS/2: 1 to 32 bits, palettes, bit fields
 * and run lengths, by the rules of Pillow's {@code BmpImagePlugin}.
 *
 * <p>Not by the JDK's reader: its gray palettes come as linear light, which {@code getRGB} makes
 * much brighter than they are stored.
 */
final class Bmp {
  private final byte[] file;
  private final BmpHeader header;
  private final Background background;

  private Bmp(byte[] file, ImageLimits limits, Background background) {
    this.background = background;
    this.file = file;
    this.header = BmpHeader.read(file, limits);
  }

  /** Whether a file header is followed by a length that a header of pixels has. */
  static boolean isHeader(byte[] start) {
    return BmpHeader.isAt(start);
  }

  static RgbImage decode(byte[] file, ImageLimits limits, Background background) {
    Bmp bmp = new Bmp(file, limits, background);
    BmpHeader header = bmp.header;
    byte[] rgb = header.isRuns() ? bmp.ofRuns() : bmp.ofRows();
    return new RgbImage(header.width(), header.height(), rgb);
  }

  private byte[] ofRuns() {
    byte[] indices = new BmpRuns(file, header).decode();
    byte[] palette = palette();
    byte[] rgb = new byte[3 * indices.length];
    for (int y = 0; y < header.height(); y++) {
      int from = y * header.width();
      int to = 3 * outputRow(y) * header.width();
      for (int x = 0; x < header.width(); x++, to += 3) {
        System.arraycopy(palette, 3 * (indices[from + x] & 0xff), rgb, to, 3);
      }
    }
    return rgb;
  }

  private byte[] ofRows() {
    header.requireRows(file.length);
    byte[] palette = header.bits() <= 8 ? palette() : new byte[0];
    byte[] rgb = new byte[3 * header.width() * header.height()];
    for (int y = 0; y < header.height(); y++) {
      int from = (int) (header.dataAt() + y * header.rowBytes());
      int to = 3 * outputRow(y) * header.width();
      switch (header.bits()) {
        case 24 -> blueGreenRed(from, rgb, to);
        case 16, 32 -> fields(from, rgb, to);
        default -> indexed(from, palette, rgb, to);
      }
    }
    return rgb;
  }

  private int outputRow(int stored) {
    return header.topDown() ? stored : header.height() - 1 - stored;
  }

  private void blueGreenRed(int from, byte[] rgb, int to) {
    for (int x = 0; x < 3 * header.width(); x += 3) {
      rgb[to + x] = file[from + x + 2];
      rgb[to + x + 1] = file[from + x + 1];
      rgb[to + x + 2] = file[from + x];
    }
  }

  private void fields(int from, byte[] rgb, int to) {
    int bytes = header.bits() / 8;
    for (int x = 0, at = from; x < header.width(); x++, at += bytes, to += 3) {
      int pixel = (file[at] & 0xff) | (file[at + 1] & 0xff) << 8;
      if (bytes == 4) {
        pixel |= (file[at + 2] & 0xff) << 16 | (file[at + 3] & 0xff) << 24;
      }
      header.fields().toRgb(pixel, background, rgb, to);
    }
  }

  private void indexed(int from, byte[] palette, byte[] rgb, int to) {
    int bits = header.bits();
    for (int x = 0; x < header.width(); x++, to += 3) {
      int bit = x * bits;
      int shift = 8 - bits - (bit & 7);
      int index = (file[from + (bit >> 3)] & 0xff) >> shift & ((1 << bits) - 1);
      System.arraycopy(palette, 3 * index, rgb, to, 3);
    }
  }

  /**
   * 256 colours; those that the file leaves out are black, or go on with the levels if its own are
   * gray and equal to their indices, since Pillow takes the indices for the gray levels then.
   */
  private byte[] palette() {
    byte[] palette = new byte[3 * 256];
    boolean levels = header.colours() != 2;
    int entries = Math.min(header.colours(), 256);
    for (int i = 0, at = header.paletteAt(); i < entries; i++, at += header.entryBytes()) {
      for (int c = 0; c < 3 && at + 2 < file.length; c++) {
        palette[3 * i + c] = file[at + 2 - c];
        levels &= palette[3 * i + c] == (byte) i;
      }
    }
    for (int i = 3 * entries; levels && i < palette.length; i++) {
      palette[i] = (byte) (i / 3);
    }
    return palette;
  }
}
