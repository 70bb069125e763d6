package dev.lapidary.core.image;

import java.nio.charset.StandardCharsets;
import java.util.zip.CRC32;
import java.util.zip.DataFormatException;
import java.util.zip.Inflater;

/**
 * PNG (third edition, W3C 2025): all colour types and depths, interlaced or not, {@code tRNS}.
 * Checksums and the inflated length are checked, which the JDK's reader does not do. Ancillary
 * chunks other than {@code tRNS} and those of {@link PngTexts} are skipped unread.
 */
final class Png {
  private static final int SIGNATURE_BYTES = 8;
  private static final int MAX_DEFLATE_RATIO = 1032;

  /** Adam7: first column, first row, column step, row step of each pass. */
  private static final int[][] ADAM7 = {
    {0, 0, 8, 8}, {4, 0, 8, 8}, {0, 4, 4, 8}, {2, 0, 4, 4}, {0, 2, 2, 4}, {1, 0, 2, 2}, {0, 1, 1, 2}
  };

  private static final int[][] ONE_PASS = {{0, 0, 1, 1}};

  private final byte[] file;
  private final PngSamples samples;
  private final int width;
  private final int height;
  private final boolean interlaced;
  private final PngTexts texts;
  private long dataBytes;

  private Png(byte[] file, ImageLimits limits, Background background) {
    this.file = file;
    this.texts = new PngTexts(file);
    if (file.length < SIGNATURE_BYTES + 25 || u32(8) != 13 || !type(8).equals("IHDR")) {
      throw UndecodableImage.broken("damaged PNG: it does not begin with a whole IHDR chunk");
    }
    requireChecksum(8);
    long headerWidth = u32(16);
    long headerHeight = u32(20);
    limits.requireSize(headerWidth, headerHeight);
    this.width = (int) headerWidth;
    this.height = (int) headerHeight;
    this.samples = new PngSamples(file[24] & 0xff, file[25] & 0xff, background);
    if (file[26] != 0 || file[27] != 0 || file[28] < 0 || file[28] > 1) {
      throw UndecodableImage.broken(
          "PNG of compression %d, filter %d, interlace %d is not read, only 0, 0 and 0 or 1",
          file[26], file[27], file[28]);
    }
    this.interlaced = file[28] == 1;
  }

  static RgbImage decode(byte[] file, ImageLimits limits, Background background) {
    Png png = new Png(file, limits, background);
    png.walk();
    png.requirePlausibleData();
    return Orientation.apply(png.texts.orientation(), png.pixels());
  }

  /** All chunks to IEND: checksums, palette, transparency, how much data there is. */
  private void walk() {
    int at = SIGNATURE_BYTES + 25;
    while (true) {
      int length = chunkLength(at);
      String type = type(at);
      if (Character.isUpperCase(type.charAt(0)) || type.equals("tRNS")) {
        requireChecksum(at);
      }
      switch (type) {
        case "IEND" -> {
          samples.finish();
          return;
        }
        case "IDAT" -> dataBytes += length;
        case "PLTE" -> samples.palette(file, at + 8, length);
        case "tRNS" -> samples.transparency(file, at + 8, length);
        default -> {
          requireAncillary(type);
          texts.chunk(type, at + 8, length);
        }
      }
      at += 12 + length;
    }
  }

  private static void requireAncillary(String type) {
    if (Character.isUpperCase(type.charAt(0))) {
      throw UndecodableImage.broken(
          "PNG with the unknown critical chunk %s is not read", printable(type));
    }
  }

  /** Before pixels are allocated: deflate cannot make much out of nothing. */
  private void requirePlausibleData() {
    if (dataBytes * MAX_DEFLATE_RATIO < inflatedBytes()) {
      throw shortData();
    }
  }

  private long inflatedBytes() {
    long bytes = 0;
    for (int[] pass : passes()) {
      int columns = count(width, pass[0], pass[2]);
      int rows = count(height, pass[1], pass[3]);
      bytes += columns == 0 ? 0 : rows * (1L + samples.rowBytes(columns));
    }
    return bytes;
  }

  private RgbImage pixels() {
    byte[] rgb = new byte[3 * width * height];
    Data data = new Data();
    try {
      for (int[] pass : passes()) {
        readPass(data, pass, rgb);
      }
      data.requireEnd();
      return new RgbImage(width, height, rgb);
    } catch (DataFormatException e) {
      throw UndecodableImage.broken("damaged PNG: %s", String.valueOf(e.getMessage()));
    } finally {
      data.inflater.end();
    }
  }

  private void readPass(Data data, int[] pass, byte[] rgb) throws DataFormatException {
    int columns = count(width, pass[0], pass[2]);
    int rows = columns == 0 ? 0 : count(height, pass[1], pass[3]);
    // One byte more in front, so that filter and samples are inflated at once.
    byte[] above = new byte[1 + samples.rowBytes(columns)];
    byte[] row = new byte[above.length];
    for (int y = 0; y < rows; y++) {
      data.read(row);
      PngFilter.undo(row, above, samples.pixelBytes());
      int to = 3 * ((pass[1] + y * pass[3]) * width + pass[0]);
      samples.toRgb(row, columns, rgb, to, 3 * pass[2]);
      byte[] swap = above;
      above = row;
      row = swap;
    }
  }

  private int[][] passes() {
    return interlaced ? ADAM7 : ONE_PASS;
  }

  private static int count(int size, int first, int step) {
    return (size - first + step - 1) / step;
  }

  /** The IDAT chunks as one zlib stream. */
  private final class Data {
    private final Inflater inflater = new Inflater();
    private int next = SIGNATURE_BYTES + 25;

    void read(byte[] row) throws DataFormatException {
      for (int at = 0; at < row.length; ) {
        int count = inflater.inflate(row, at, row.length - at);
        if (count == 0 && (inflater.finished() || inflater.needsDictionary() || !feed())) {
          throw shortData();
        }
        at += count;
      }
    }

    /** Lets the inflater come to its checksum; what a writer left behind it is not read. */
    void requireEnd() throws DataFormatException {
      byte[] remainder = new byte[1];
      while (!inflater.finished()) {
        if (inflater.inflate(remainder) > 0) {
          return;
        }
        if (!inflater.finished() && !feed()) {
          throw shortData();
        }
      }
    }

    private boolean feed() {
      while (inflater.needsInput()) {
        String type = type(next);
        if (type.equals("IEND")) {
          return false;
        }
        int length = chunkLength(next);
        if (type.equals("IDAT")) {
          inflater.setInput(file, next + 8, length);
        }
        next += 12 + length;
      }
      return true;
    }
  }

  private int chunkLength(int at) {
    if (at + 12L > file.length || at + 12L + u32(at) > file.length) {
      throw UndecodableImage.broken(
          "truncated PNG: the file ends at byte %d without an IEND chunk", file.length);
    }
    return (int) u32(at);
  }

  private void requireChecksum(int at) {
    int length = (int) u32(at);
    CRC32 crc = new CRC32();
    crc.update(file, at + 4, 4 + length);
    if (crc.getValue() != u32(at + 8 + length)) {
      throw UndecodableImage.broken(
          "damaged PNG: the checksum of chunk %s at byte %d does not fit", printable(type(at)), at);
    }
  }

  private UndecodableImage shortData() {
    return UndecodableImage.broken(
        "damaged PNG: its data is short of the %d x %d pixels of the header", width, height);
  }

  /** A damaged type may be anything, and a message is one line. */
  private static String printable(String type) {
    return type.replaceAll("\\W", "?");
  }

  private String type(int chunk) {
    return new String(file, chunk + 4, 4, StandardCharsets.ISO_8859_1);
  }

  private long u32(int at) {
    return (file[at] & 0xffL) << 24
        | (file[at + 1] & 0xff) << 16
        | (file[at + 2] & 0xff) << 8
        | (file[at + 3] & 0xff);
  }
}
