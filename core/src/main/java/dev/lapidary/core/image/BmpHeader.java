package dev.lapidary.core.image;

import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.Set;

/**
 * What the headers of a BMP say, checked.
 *
 * @param topDown whether the first stored row is the uppermost
 * @param bits of a pixel: 1, 4, 8, 16, 24 or 32
 * @param fields where the colours of a pixel of 16 or 32 bits lie
 * @param colours of the palette, by the header; 0 without one
 * @param entryBytes of a colour of the palette: 3 or 4, blue first
 * @param dataAt where the pixels begin, perhaps behind the file's end
 */
record BmpHeader(
    int width,
    int height,
    boolean topDown,
    int bits,
    int compression,
    BmpFields fields,
    int colours,
    int entryBytes,
    int paletteAt,
    long dataAt) {
  static final int RLE8 = 1;
  static final int RLE4 = 2;
  private static final int BITFIELDS = 3;
  private static final int FILE_HEADER = 14;
  private static final int CORE = 12;
  private static final int MASKS_AT = 54;
  private static final int MAX_COLOURS = 65_536;

  /** Of OS/2 and Windows, BITMAPCOREHEADER to BITMAPV5HEADER. */
  private static final Set<Integer> LENGTHS = Set.of(CORE, 40, 52, 56, 64, 108, 124);

  /** Whether the start of a file says one of these lengths where a header's lies. */
  static boolean isAt(byte[] start) {
    return start.length >= FILE_HEADER + 4
        && LENGTHS.contains(
            ByteBuffer.wrap(start).order(ByteOrder.LITTLE_ENDIAN).getInt(FILE_HEADER));
  }

  static BmpHeader read(byte[] file, ImageLimits limits) {
    ByteBuffer header = whole(file);
    int bytes = header.getInt(FILE_HEADER);
    boolean core = bytes == CORE;
    long width = core ? header.getShort(18) & 0xffff : header.getInt(18);
    long height = core ? header.getShort(20) & 0xffff : header.getInt(22);
    limits.requireSize(width, Math.abs(height));
    int bits = header.getShort(core ? 24 : 28) & 0xffff;
    int compression = core ? 0 : header.getInt(30);
    requireKnown(bits, compression);
    int entryBytes = core ? 3 : 4;
    long colours = bits > 8 ? 0 : colours(core ? 0 : header.getInt(46) & 0xffffffffL, bits);
    int paletteAt = FILE_HEADER + bytes;
    long pixels = header.getInt(10) & 0xffffffffL;
    boolean masksFollow = compression == BITFIELDS && bytes == 40;
    long afterHeaders = paletteAt + (masksFollow ? 12 : 0) + entryBytes * colours;
    // Writers that forget the palette, or the whole field, mean what comes behind the headers.
    boolean forgotten = pixels == 0 || (pixels == paletteAt && bits <= 8);
    return new BmpHeader(
        (int) width,
        (int) Math.abs(height),
        height < 0,
        bits,
        compression,
        compression == BITFIELDS ? fields(header, bytes, bits) : BmpFields.usual(bits),
        (int) colours,
        entryBytes,
        paletteAt,
        forgotten ? afterHeaders : pixels);
  }

  private static ByteBuffer whole(byte[] file) {
    if (file.length < FILE_HEADER + CORE) {
      throw truncated(file.length, 54);
    }
    ByteBuffer header = ByteBuffer.wrap(file).order(ByteOrder.LITTLE_ENDIAN);
    int bytes = header.getInt(FILE_HEADER);
    if (!LENGTHS.contains(bytes)) {
      throw UndecodableImage.broken("damaged BMP: a header of %d bytes", bytes);
    }
    if (file.length < FILE_HEADER + bytes) {
      throw truncated(file.length, FILE_HEADER + bytes);
    }
    return header;
  }

  private static long colours(long said, int bits) {
    if (said > MAX_COLOURS) {
      throw UndecodableImage.broken("damaged BMP: a palette of %d colours", said);
    }
    return said == 0 ? 1L << bits : said;
  }

  private static void requireKnown(int bits, int compression) {
    if (compression < 0 || compression > BITFIELDS) {
      throw UndecodableImage.broken("BMP of compression %d is not read, only 0 to 3", compression);
    }
    switch (bits) {
      case 1, 4, 8, 16, 24, 32 -> {}
      default ->
          throw UndecodableImage.broken(
              "BMP of %d bits a pixel is not read, only 1, 4, 8, 16, 24 and 32", bits);
    }
    boolean indexed = bits <= 8;
    if (compression != 0 && indexed != (compression != BITFIELDS)) {
      throw UndecodableImage.broken(
          "damaged BMP: compression %d with %d bits a pixel", compression, bits);
    }
  }

  private static BmpFields fields(ByteBuffer header, int bytes, int bits) {
    if (header.capacity() < MASKS_AT + 12) {
      throw truncated(header.capacity(), MASKS_AT + 12L);
    }
    // A header of 40 or 52 bytes has no mask for alpha.
    int alpha = bytes < 56 ? 0 : header.getInt(MASKS_AT + 12);
    return BmpFields.of(
        bits,
        header.getInt(MASKS_AT),
        header.getInt(MASKS_AT + 4),
        header.getInt(MASKS_AT + 8),
        alpha);
  }

  /** Whether the pixels are indices in run lengths. */
  boolean isRuns() {
    return compression == RLE8 || compression == RLE4;
  }

  /** Of a stored row, a multiple of four. */
  long rowBytes() {
    return ((long) width * bits + 31) / 32 * 4;
  }

  /** Whether all rows are there; the last one may lack what would make it a multiple of four. */
  void requireRows(int fileBytes) {
    long needed = dataAt + (height - 1) * rowBytes() + ((long) width * bits + 7) / 8;
    if (fileBytes < needed) {
      throw truncated(fileBytes, needed);
    }
  }

  static UndecodableImage truncated(long found, long needed) {
    return UndecodableImage.broken(
        "truncated BMP: %d bytes of the %d that its header says", found, needed);
  }
}
