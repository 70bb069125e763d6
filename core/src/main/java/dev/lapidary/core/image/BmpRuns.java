package dev.lapidary.core.image;

import java.util.Arrays;

/**
 * BMP's run lengths of 8 or 4 bits to indices, rows in stored order. What the file skips is index
 * 0. As in Pillow an end of line where a row just ended is no empty row, and data that end early
 * are damage.
 */
final class BmpRuns {
  private final byte[] file;
  private final int width;
  private final int count;
  private final boolean four;
  private int at;

  /** Grows with the data, so that a small file with a large header costs little. */
  private byte[] indices;

  private int out;
  private int column;

  BmpRuns(byte[] file, BmpHeader header) {
    this.file = file;
    this.width = header.width();
    this.count = header.width() * header.height();
    this.four = header.compression() == BmpHeader.RLE4;
    this.at = (int) Math.min(header.dataAt(), file.length);
    this.indices = new byte[Math.min(count, 1 << 16)];
  }

  /** Width x height indices. */
  byte[] decode() {
    while (out < count) {
      int length = u8();
      int value = u8();
      if (length > 0) {
        run(length, value);
        continue;
      }
      switch (value) {
        case 0 -> endOfLine();
        case 1 ->
            throw UndecodableImage.broken(
                "damaged BMP: its run lengths end after %d of %d pixels", out, count);
        case 2 -> {
          skip(u8() + u8() * width);
          column = out % width;
        }
        default -> literals(value);
      }
    }
    return indices;
  }

  private void run(int length, int value) {
    int inRow = Math.min(length, Math.max(0, width - column));
    reserve(inRow);
    for (int i = 0; i < inRow && out < count; i++) {
      indices[out++] = (byte) (four ? (i % 2 == 0 ? value >> 4 : value & 15) : value);
    }
    column += inRow;
  }

  private void endOfLine() {
    if (out % width != 0) {
      skip(width - out % width);
    }
    column = 0;
  }

  private void skip(int pixels) {
    int some = Math.min(count - out, pixels);
    reserve(some);
    out += some;
  }

  private void literals(int length) {
    int some = Math.min(count - out, length);
    reserve(some);
    int value = 0;
    for (int i = 0; i < some; i++) {
      if (!four || i % 2 == 0) {
        value = u8();
      }
      indices[out++] = (byte) (four ? (i % 2 == 0 ? value >> 4 : value & 15) : value);
    }
    column += length;
    // The next code begins at an even place of the file.
    at += at % 2;
  }

  private void reserve(int more) {
    if (out + more > indices.length) {
      int doubled = (int) Math.min(count, 2L * indices.length);
      indices = Arrays.copyOf(indices, Math.max(doubled, out + more));
    }
  }

  private int u8() {
    if (at >= file.length) {
      throw UndecodableImage.broken(
          "truncated BMP: the file ends at byte %d after %d of %d pixels", file.length, out, count);
    }
    return file[at++] & 0xff;
  }
}
