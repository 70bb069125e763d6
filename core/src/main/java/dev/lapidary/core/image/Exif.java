package dev.lapidary.core.image;

import java.nio.BufferUnderflowException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.Arrays;
import java.util.OptionalInt;

/**
 * The orientation of an EXIF block: tag 0x0112 in the first directory of its TIFF (TIFF 6.0,
 * section 2). What counts as readable is Pillow's {@code ImageFileDirectory_v2}, which programs
 * that trained on the same images used.
 */
final class Exif {
  private static final int ORIENTATION = 0x0112;
  private static final byte[] NAME = {'E', 'x', 'i', 'f', 0, 0};
  private static final int HEADER_BYTES = 8;
  private static final int ENTRY_BYTES = 12;

  /** Of a value, by the numbers of TIFF's types; 0: no type, its entry is passed over. */
  private static final int[] TYPE_BYTES = {0, 1, 1, 2, 4, 8, 1, 1, 2, 4, 8, 4, 8, 4, 0, 0, 8};

  private final ByteBuffer tiff;
  private long outOfLine;

  private Exif(ByteBuffer tiff) {
    this.tiff = tiff;
  }

  /**
   * @param block with {@code Exif\\0\\0} in front, up to twice, or without
   * @return the tag's value, whether or not one of the eight; empty if there is no such tag; 1 if
   *     this is no EXIF, or the value no whole number
   */
  static OptionalInt orientation(byte[] block) {
    int from = named(block, 0);
    from = from == 0 ? 0 : named(block, from);
    if (from == block.length) {
      return OptionalInt.empty();
    }
    ByteBuffer tiff = ByteBuffer.wrap(block, from, block.length - from).slice();
    if (!readHeader(tiff)) {
      return OptionalInt.of(Orientation.UPRIGHT);
    }
    try {
      return new Exif(tiff).inDirectory(tiff.getInt(4) & 0xffffffffL);
    } catch (BufferUnderflowException | IndexOutOfBoundsException e) {
      return OptionalInt.empty();
    }
  }

  private static int named(byte[] block, int at) {
    int end = Math.min(at + NAME.length, block.length);
    return Arrays.equals(block, at, end, NAME, 0, NAME.length) ? end : at;
  }

  /** Sets the byte order; 42 may be written in either, and Pillow takes 43 with MM for it. */
  private static boolean readHeader(ByteBuffer tiff) {
    if (tiff.limit() < HEADER_BYTES) {
      return false;
    }
    int order = tiff.getShort(0);
    int version = tiff.getShort(2);
    tiff.order(order == 0x4949 ? ByteOrder.LITTLE_ENDIAN : ByteOrder.BIG_ENDIAN);
    boolean known = version == 0x2a00 || version == 0x002a;
    return order == 0x4949 ? known : order == 0x4d4d && (known || version == 0x002b);
  }

  /** The first readable entry counts; after one whose values lie outside nothing is read. */
  private OptionalInt inDirectory(long offset) {
    if (offset + 2 > tiff.limit()) {
      return OptionalInt.empty();
    }
    int entries = tiff.getShort((int) offset) & 0xffff;
    int at = (int) offset + 2;
    for (int i = 0; i < entries && at + ENTRY_BYTES <= tiff.limit(); i++, at += ENTRY_BYTES) {
      int type = tiff.getShort(at + 2) & 0xffff;
      int unit = type < TYPE_BYTES.length ? TYPE_BYTES[type] : 0;
      long bytes = unit * (tiff.getInt(at + 4) & 0xffffffffL);
      if (bytes == 0) {
        continue;
      }
      long values = at + 8L;
      if (bytes > 4) {
        values = tiff.getInt(at + 8) & 0xffffffffL;
        outOfLine += bytes;
        if (outOfLine > tiff.limit()) {
          continue;
        }
        if (values + bytes > tiff.limit()) {
          return OptionalInt.empty();
        }
      }
      if ((tiff.getShort(at) & 0xffff) == ORIENTATION) {
        return OptionalInt.of(whole(type, (int) values));
      }
    }
    return OptionalInt.empty();
  }

  /** The first value; bytes and texts are none. */
  private int whole(int type, int at) {
    double value =
        switch (type) {
          case 3 -> tiff.getShort(at) & 0xffff;
          case 4, 13 -> tiff.getInt(at) & 0xffffffffL;
          case 5 -> (double) (tiff.getInt(at) & 0xffffffffL) / (tiff.getInt(at + 4) & 0xffffffffL);
          case 6 -> tiff.get(at);
          case 8 -> tiff.getShort(at);
          case 9 -> tiff.getInt(at);
          case 10 -> (double) tiff.getInt(at) / tiff.getInt(at + 4);
          case 11 -> tiff.getFloat(at);
          case 12 -> tiff.getDouble(at);
          case 16 -> tiff.getLong(at);
          default -> Orientation.UPRIGHT;
        };
    return value == (int) value ? (int) value : Orientation.UPRIGHT;
  }
}
