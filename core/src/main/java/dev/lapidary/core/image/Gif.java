package dev.lapidary.core.image;

/**
 * GIF87a and GIF89a (CompuServe, 1990), the first frame on its logical screen, as Pillow shows it:
 * a frame that leaves the screen makes it larger; what no frame covers has the transparent colour,
 * or else colour 0 of the frame's palette; transparent is the background.
 */
final class Gif {
  private static final int EXTENSION = 0x21;
  private static final int GRAPHIC_CONTROL = 0xf9;
  private static final int IMAGE = 0x2c;
  private static final int TRAILER = 0x3b;
  private static final int[][] INTERLACED = {{0, 8}, {4, 8}, {2, 4}, {1, 2}};
  private static final int[][] IN_ORDER = {{0, 1}};

  private final byte[] file;
  private final Background background;
  private int at = 6;

  private Gif(byte[] file, Background background) {
    this.file = file;
    this.background = background;
  }

  static RgbImage decode(byte[] file, ImageLimits limits, Background background) {
    return new Gif(file, background).firstFrame(limits);
  }

  private RgbImage firstFrame(ImageLimits limits) {
    int screenWidth = u16();
    int screenHeight = u16();
    int flags = u8();
    at += 2;
    int palette = at;
    int colours = skipPalette(flags);
    int transparent = toImage();
    int left = u16();
    int top = u16();
    int columns = u16();
    int rows = u16();
    limits.requireSize(columns, rows);
    Box frame = new Box(left, top, columns, rows);
    int width = Math.max(screenWidth, left + columns);
    int height = Math.max(screenHeight, top + rows);
    limits.requireSize(width, height);
    int frameFlags = u8();
    if ((frameFlags & 0x80) != 0) {
      palette = at;
      colours = skipPalette(frameFlags);
    }
    byte[] indices = new GifLzw(file, at).decode(columns * rows);
    byte[] table = table(palette, colours, transparent);
    byte[] rgb = new byte[3 * width * height];
    for (int to = 0; to < rgb.length; to += 3) {
      System.arraycopy(table, 3 * Math.max(0, transparent), rgb, to, 3);
    }
    draw(indices, (frameFlags & 0x40) != 0 ? INTERLACED : IN_ORDER, frame, table, rgb, width);
    return new RgbImage(width, height, rgb);
  }

  private static void draw(
      byte[] indices, int[][] passes, Box frame, byte[] table, byte[] rgb, int width) {
    int from = 0;
    for (int[] pass : passes) {
      for (int y = pass[0]; y < frame.height(); y += pass[1]) {
        int to = 3 * ((frame.top() + y) * width + frame.left());
        for (int x = 0; x < frame.width(); x++, to += 3) {
          System.arraycopy(table, 3 * (indices[from++] & 0xff), rgb, to, 3);
        }
      }
    }
  }

  /**
   * 256 colours; those that the palette leaves out are black. Without a palette, or if its colours
   * are gray and equal to their indices, all indices are gray levels.
   */
  private byte[] table(int palette, int colours, int transparent) {
    byte[] table = new byte[3 * 256];
    System.arraycopy(file, palette, table, 0, 3 * colours);
    boolean levels = true;
    for (int i = 0; i < 3 * colours; i++) {
      levels &= table[i] == (byte) (i / 3);
    }
    for (int i = 3 * colours; levels && i < table.length; i++) {
      table[i] = (byte) (i / 3);
    }
    if (transparent >= 0) {
      background.put(table, 3 * transparent);
    }
    return table;
  }

  /**
   * Goes to the first image descriptor, over what is no block; the transparent index of the last
   * graphic control that has one, or -1.
   */
  private int toImage() {
    int transparent = -1;
    while (true) {
      int block = u8();
      if (block == IMAGE) {
        return transparent;
      }
      if (block == TRAILER) {
        throw UndecodableImage.broken("a GIF without an image");
      }
      if (block == EXTENSION) {
        boolean control = u8() == GRAPHIC_CONTROL;
        for (int length = u8(); length != 0; length = u8()) {
          if (control && (byteAt(at) & 1) != 0 && length >= 4) {
            transparent = byteAt(at + 3);
          }
          control = false;
          at += length;
        }
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
