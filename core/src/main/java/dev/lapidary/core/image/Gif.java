package dev.lapidary.core.image;

/**
 * GIF87a and GIF89a (CompuServe, 1990), the first frame on its logical screen; what the frame does
 * not cover, or marks as transparent, is black.
 */
final class Gif {
  private static final int EXTENSION = 0x21;
  private static final int GRAPHIC_CONTROL = 0xf9;
  private static final int IMAGE = 0x2c;
  private static final int[][] INTERLACED = {{0, 8}, {4, 8}, {2, 4}, {1, 2}};
  private static final int[][] IN_ORDER = {{0, 1}};

  private final byte[] file;
  private int at = 6;

  private Gif(byte[] file) {
    this.file = file;
  }

  static RgbImage decode(byte[] file, ImageLimits limits) {
    return new Gif(file).firstFrame(limits);
  }

  private RgbImage firstFrame(ImageLimits limits) {
    int width = u16();
    int height = u16();
    limits.requireSize(width, height);
    int flags = u8();
    at += 2;
    int palette = at;
    int colours = skipPalette(flags);
    int transparent = toImage();
    int left = u16();
    int top = u16();
    int columns = u16();
    int rows = u16();
    int frameFlags = u8();
    limits.requireSize(columns, rows);
    if (left + columns > width || top + rows > height) {
      throw UndecodableImage.broken(
          "damaged GIF: a frame of %dx%d at %d,%d leaves its screen of %dx%d",
          columns, rows, left, top, width, height);
    }
    if ((frameFlags & 0x80) != 0) {
      palette = at;
      colours = skipPalette(frameFlags);
    }
    byte[] indices = new GifLzw(file, at).decode(columns * rows);
    byte[] rgb = new byte[3 * width * height];
    int from = 0;
    for (int[] pass : (frameFlags & 0x40) != 0 ? INTERLACED : IN_ORDER) {
      for (int y = pass[0]; y < rows; y += pass[1]) {
        int to = 3 * ((top + y) * width + left);
        for (int x = 0; x < columns; x++, to += 3) {
          int index = indices[from++] & 0xff;
          if (index != transparent && index < colours) {
            System.arraycopy(file, palette + 3 * index, rgb, to, 3);
          }
        }
      }
    }
    return new RgbImage(width, height, rgb);
  }

  /** Goes to the first image descriptor; the transparent index of its graphic control, or -1. */
  private int toImage() {
    int transparent = -1;
    while (true) {
      int block = u8();
      if (block == IMAGE) {
        return transparent;
      }
      if (block != EXTENSION) {
        throw UndecodableImage.broken("damaged GIF: block %02x at byte %d", block, at - 1);
      }
      boolean control = u8() == GRAPHIC_CONTROL;
      for (int length = u8(); length != 0; length = u8()) {
        if (control && length == 4) {
          transparent = (byteAt(at) & 1) != 0 ? byteAt(at + 3) : -1;
        }
        at += length;
      }
    }
  }

  private int skipPalette(int flags) {
    if ((flags & 0x80) == 0) {
      return 0;
    }
    int colours = 2 << (flags & 7);
    at += 3 * colours;
    byteAt(at);
    return colours;
  }

  private int u16() {
    return u8() | u8() << 8;
  }

  private int u8() {
    return byteAt(at++);
  }

  private int byteAt(int position) {
    if (position >= file.length) {
      throw GifLzw.truncated(file.length);
    }
    return file[position] & 0xff;
  }
}
