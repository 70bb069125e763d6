package dev.lapidary.core.image;

import java.nio.ByteBuffer;
import java.nio.ByteOrder;

/**
 * How many pixels an image file claims to have, read from its first header alone, for estimates of
 * how long it will take. It decides nothing: {@link ImageDecoder} reads the header itself, and says
 * what is wrong with it.
 */
public final class ImageSize {
  private static final int JPEG_MARKER = 0xff;

  private ImageSize() {}

  /** Width times height; 0 where the header does not say. */
  public static long pixels(byte[] file) {
    ByteBuffer bytes = ByteBuffer.wrap(file);
    if (file.length < 30) {
      return 0;
    }
    return switch (bytes.getShort(0) & 0xffff) {
      case 0xffd8 -> jpeg(file);
      case 0x8950 -> area(u32(bytes, 16), u32(bytes, 20)); // PNG, its IHDR
      case ('G' << 8) | 'I' -> little(bytes, 6, 8);
      case ('B' << 8) | 'M' ->
          area(
              bytes.order(ByteOrder.LITTLE_ENDIAN).getInt(18),
              Math.abs((long) bytes.getInt(22))); // negative: from the top
      case ('R' << 8) | 'I' -> webp(bytes);
      default -> 0;
    };
  }

  private static long jpeg(byte[] file) {
    int at = 2;
    while (at + 9 < file.length && (file[at] & 0xff) == JPEG_MARKER) {
      int marker = file[at + 1] & 0xff;
      if (marker == JPEG_MARKER) { // a fill byte
        at++;
        continue;
      }
      boolean frame =
          marker >= 0xc0 && marker <= 0xcf && marker != 0xc4 && marker != 0xc8 && marker != 0xcc;
      if (frame) {
        return area(u16(file, at + 7), u16(file, at + 5));
      }
      at += 2 + u16(file, at + 2);
    }
    return 0;
  }

  /** The first chunk: lossy, lossless, or the canvas of an extended file. */
  private static long webp(ByteBuffer bytes) {
    bytes.order(ByteOrder.LITTLE_ENDIAN);
    return switch (bytes.get(15)) {
      case 'X' -> area(1 + (bytes.getInt(24) & 0xffffff), 1 + (bytes.getInt(26) >>> 8));
      case 'L' -> {
        long packed = u32(bytes, 21);
        yield area(1 + (packed & 0x3fff), 1 + ((packed >> 14) & 0x3fff));
      }
      default -> area(bytes.getShort(26) & 0x3fff, bytes.getShort(28) & 0x3fff);
    };
  }

  private static long little(ByteBuffer bytes, int width, int height) {
    bytes.order(ByteOrder.LITTLE_ENDIAN);
    return area(bytes.getShort(width) & 0xffff, bytes.getShort(height) & 0xffff);
  }

  private static long u32(ByteBuffer bytes, int at) {
    return bytes.getInt(at) & 0xffffffffL;
  }

  private static int u16(byte[] file, int at) {
    return ((file[at] & 0xff) << 8) | (file[at + 1] & 0xff);
  }

  /** No file is estimated longer than the largest that any server decodes. */
  private static long area(long width, long height) {
    long side = 1 << 20;
    return width <= 0 || height <= 0 ? 0 : Math.min(width, side) * Math.min(height, side);
  }
}
