package dev.lapidary.core.image;

import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;

/**
 * The chunks of a WebP file (RFC 9649, section 2), just enough to know that it is whole, how large
 * it is, and which bytes are its still image or first frame, before libwebp sees them.
 */
final class WebpChunks {
  private static final int RIFF_BYTES = 12;
  private static final int CHUNK_BYTES = 8;
  private static final int EXTENDED_BYTES = 10;
  private static final int FRAME_BYTES = 16;
  private static final int ALPHA_FLAG = 0x10;
  private static final int EXIF_FLAG = 0x08;
  private static final int XMP_FLAG = 0x04;
  private static final int LOSSLESS_SIGNATURE = 0x2f;
  private static final int KEY_FRAME_START = 0x2a019d;

  /** A chunk's first byte and one past its last, without padding. */
  private record Chunk(int start, int end) {
    static final Chunk NONE = new Chunk(0, 0);

    boolean isFound() {
      return end > 0;
    }

    int length() {
      return end - start;
    }
  }

  private final ByteBuffer file;
  private final ImageLimits limits;
  private Chunk alpha = Chunk.NONE;
  private Chunk image = Chunk.NONE;
  private Box frame = new Box(0, 0, 1, 1);
  private int width;
  private int height;
  private int flags;
  private Chunk exif = Chunk.NONE;
  private Chunk xmp = Chunk.NONE;
  private boolean animated;

  private WebpChunks(byte[] file, ImageLimits limits) {
    this.file = ByteBuffer.wrap(file).order(ByteOrder.LITTLE_ENDIAN);
    this.limits = limits;
  }

  /** Walks all chunks. */
  static WebpChunks read(byte[] file, ImageLimits limits) {
    WebpChunks chunks = new WebpChunks(file, limits);
    long end = CHUNK_BYTES + chunks.u32(4);
    if (end > file.length) {
      throw UndecodableImage.broken(
          "truncated WebP: %d bytes of the %d that its header says", file.length, end);
    }
    chunks.walk(RIFF_BYTES, (int) end);
    if (!chunks.image.isFound()) {
      throw UndecodableImage.broken("a WebP without image data");
    }
    return chunks;
  }

  /** Of the canvas. */
  int width() {
    return width;
  }

  /** Of the canvas. */
  int height() {
    return height;
  }

  /** Where the first frame lies on the canvas. */
  Box frame() {
    return frame;
  }

  int orientation() {
    return Orientation.of(metadata(exif, EXIF_FLAG), metadata(xmp, XMP_FLAG));
  }

  /** Empty unless the canvas announced it, as libwebp's demuxer has it. */
  private byte[] metadata(Chunk chunk, int flag) {
    return hasFlag(flag)
        ? Arrays.copyOfRange(file.array(), chunk.start(), chunk.end())
        : new byte[0];
  }

  private boolean hasFlag(int flag) {
    return (flags & flag) != 0;
  }

  /** Whether alpha in the pixels means nothing: an animation whose canvas does not announce it. */
  boolean isOpaque() {
    return animated && !hasFlag(ALPHA_FLAG);
  }

  /** The first frame as a file of its own, without profiles, texts and other frames. */
  byte[] frameAlone() {
    boolean extended = alpha.isFound();
    int length = RIFF_BYTES + padded(image.length());
    if (extended) {
      length += CHUNK_BYTES + EXTENDED_BYTES + padded(alpha.length());
    }
    ByteBuffer to = ByteBuffer.allocate(length).order(ByteOrder.LITTLE_ENDIAN);
    to.put(tag("RIFF")).putInt(length - CHUNK_BYTES).put(tag("WEBP"));
    if (extended) {
      to.put(tag("VP8X")).putInt(EXTENDED_BYTES).putInt(ALPHA_FLAG);
      putU24(to, frame.width() - 1);
      putU24(to, frame.height() - 1);
      copy(alpha, to);
    }
    copy(image, to);
    return to.array();
  }

  private void walk(int from, int end) {
    int at = from;
    while (end - at >= CHUNK_BYTES) {
      String type = new String(file.array(), at, 4, StandardCharsets.ISO_8859_1);
      long length = u32(at + 4);
      int start = at + CHUNK_BYTES;
      if (length > end - start) {
        throw UndecodableImage.broken(
            "truncated WebP: %d bytes in a chunk at byte %d, but %d are left",
            length, at, end - start);
      }
      chunk(type, at, start, (int) length);
      at = Math.min(end, start + padded((int) length));
    }
  }

  private void chunk(String type, int at, int start, int length) {
    boolean first = !image.isFound();
    Chunk whole = new Chunk(at, start + length);
    switch (type) {
      case "VP8X" -> canvas(start, length);
      case "ALPH" -> alpha = first && hasFlag(ALPHA_FLAG) ? whole : alpha;
      case "VP8 ", "VP8L" -> {
        if (first) {
          image = whole;
          alpha = type.equals("VP8 ") ? alpha : Chunk.NONE;
          image(type, start, length);
        }
      }
      case "ANMF" -> {
        if (!animated) {
          animated = true;
          requireLength(type, length, FRAME_BYTES);
          frame =
              new Box(2 * u24(start), 2 * u24(start + 3), u24(start + 6) + 1, u24(start + 9) + 1);
          walk(start + FRAME_BYTES, start + length);
        }
      }
      case "EXIF" -> exif = exif.isFound() ? exif : new Chunk(start, start + length);
      case "XMP " -> xmp = xmp.isFound() ? xmp : new Chunk(start, start + length);
      default -> {}
    }
  }

  private void canvas(int start, int length) {
    requireLength("VP8X", length, EXTENDED_BYTES);
    requireThat(width == 0, "its canvas is not its first chunk");
    flags = file.get(start);
    width = u24(start + 4) + 1;
    height = u24(start + 7) + 1;
    limits.requireSize(width, height);
    frame = new Box(0, 0, width, height);
  }

  private void image(String type, int start, int length) {
    int columns;
    int rows;
    if (type.equals("VP8L")) {
      requireLength(type, length, 5);
      int bits = file.getInt(start + 1);
      requireThat(file.get(start) == LOSSLESS_SIGNATURE, "no lossless signature");
      columns = (bits & 0x3fff) + 1;
      rows = (bits >> 14 & 0x3fff) + 1;
    } else {
      requireLength(type, length, 10);
      boolean isKeyFrame = (file.get(start) & 1) == 0 && u24(start + 3) == KEY_FRAME_START;
      requireThat(isKeyFrame, "its VP8 data do not begin with a key frame");
      columns = file.getShort(start + 6) & 0x3fff;
      rows = file.getShort(start + 8) & 0x3fff;
    }
    limits.requireSize(columns, rows);
    if (width == 0) {
      width = columns;
      height = rows;
      frame = new Box(0, 0, columns, rows);
    }
    requireThat(
        frame.width() == columns
            && frame.height() == rows
            && frame.left() + columns <= width
            && frame.top() + rows <= height,
        "an image of " + columns + "x" + rows + " is no " + frame + " of its canvas");
  }

  private void copy(Chunk chunk, ByteBuffer to) {
    to.put(file.array(), chunk.start(), chunk.length());
    if (chunk.length() % 2 == 1) {
      to.put((byte) 0);
    }
  }

  private static void requireLength(String type, int length, int minimum) {
    requireThat(length >= minimum, "a chunk " + type.strip() + " of " + length + " bytes");
  }

  private static void requireThat(boolean holds, String otherwise) {
    if (!holds) {
      throw UndecodableImage.broken("damaged WebP: %s", otherwise);
    }
  }

  private static int padded(int length) {
    return length + length % 2;
  }

  private static byte[] tag(String type) {
    return type.getBytes(StandardCharsets.ISO_8859_1);
  }

  private static void putU24(ByteBuffer to, int value) {
    to.putShort((short) value).put((byte) (value >> 16));
  }

  private int u24(int at) {
    return (file.getShort(at) & 0xffff) | (file.get(at + 2) & 0xff) << 16;
  }

  private long u32(int at) {
    return file.getInt(at) & 0xffffffffL;
  }
}
