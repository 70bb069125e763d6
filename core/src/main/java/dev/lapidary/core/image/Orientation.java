package dev.lapidary.core.image;

import java.nio.BufferUnderflowException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;

/**
 * EXIF tag 0x0112 of IFD0, just enough TIFF to find it: which of eight ways the camera was held.
 * Exif 2.32, section 4.6.4. A tag that cannot be read means upright, as viewers have it.
 */
final class Orientation {
  static final int UPRIGHT = 1;
  private static final int TAG = 0x0112;
  private static final int SHORT = 3;

  private Orientation() {}

  /** The value 1..8 from an EXIF block, with or without {@code Exif\0\0} before its TIFF. */
  static int ofExif(byte[] file, int offset, int length) {
    boolean named = length > 6 && file[offset] == 'E' && file[offset + 1] == 'x';
    return named ? read(file, offset + 6, length - 6) : read(file, offset, length);
  }

  /** The value 1..8 from a TIFF block (what follows {@code Exif\0\0}). */
  static int read(byte[] file, int offset, int length) {
    try {
      ByteBuffer tiff = ByteBuffer.wrap(file, offset, length).slice();
      short order = tiff.getShort();
      tiff.order(order == 0x4949 ? ByteOrder.LITTLE_ENDIAN : ByteOrder.BIG_ENDIAN);
      if ((order != 0x4949 && order != 0x4d4d) || tiff.getShort() != 42) {
        return UPRIGHT;
      }
      tiff.position(tiff.getInt());
      for (int entries = tiff.getShort() & 0xffff; entries > 0; entries--) {
        int tag = tiff.getShort() & 0xffff;
        int type = tiff.getShort();
        tiff.getInt();
        int value = tiff.getShort();
        tiff.getShort();
        if (tag == TAG) {
          return type == SHORT && value >= 1 && value <= 8 ? value : UPRIGHT;
        }
      }
      return UPRIGHT;
    } catch (BufferUnderflowException | IllegalArgumentException e) {
      return UPRIGHT;
    }
  }

  /** The image as the viewer is to see it. */
  static RgbImage apply(int orientation, RgbImage image) {
    if (orientation == UPRIGHT) {
      return image;
    }
    boolean swap = orientation >= 5;
    int width = image.width();
    int height = image.height();
    int outWidth = swap ? height : width;
    int outHeight = swap ? width : height;
    // 2, 3, 7 and 8 read the source's columns backwards; 3, 4, 6 and 7 its rows.
    boolean flipX = orientation == 2 || orientation == 3 || orientation == 7 || orientation == 8;
    boolean flipY = orientation == 3 || orientation == 4 || orientation == 6 || orientation == 7;
    byte[] from = image.pixels();
    byte[] to = new byte[from.length];
    int at = 0;
    for (int y = 0; y < outHeight; y++) {
      for (int x = 0; x < outWidth; x++) {
        int column = swap ? y : x;
        int row = swap ? x : y;
        column = flipX ? width - 1 - column : column;
        row = flipY ? height - 1 - row : row;
        int source = 3 * (row * width + column);
        to[at++] = from[source];
        to[at++] = from[source + 1];
        to[at++] = from[source + 2];
      }
    }
    return new RgbImage(outWidth, outHeight, to);
  }
}
