package dev.lapidary.core.image;

import java.io.ByteArrayOutputStream;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import java.util.Optional;
import java.util.zip.DataFormatException;
import java.util.zip.Inflater;

/**
 * Where a PNG may say how it was held: the chunk {@code eXIf}; the text {@code exif}; {@code Raw
 * profile type exif}, ImageMagick's hexadecimal text from before {@code eXIf} was defined; and XMP.
 * Of each the last one counts, and only that one is ever inflated.
 */
final class PngTexts {
  private static final String RAW_PROFILE = "Raw profile type exif";
  private static final String XMP = "XML:com.adobe.xmp";
  private static final int RAW_PROFILE_HEAD_LINES = 3;

  /** As Pillow's MAX_TEXT_CHUNK. A longer one is passed over: it is no picture's orientation. */
  private static final int MAX_INFLATED = 1 << 20;

  /** What follows the keyword's zero in a chunk; {@code type} says how it is written. */
  private record Text(String type, int from, int end) {}

  private final byte[] file;
  private Optional<Text> exif = Optional.empty();
  private Optional<Text> rawProfile = Optional.empty();
  private Optional<Text> xmp = Optional.empty();

  PngTexts(byte[] file) {
    this.file = file;
  }

  /** Takes an ancillary chunk's {@code length} bytes, if it is one of those. */
  void chunk(String type, int at, int length) {
    switch (type) {
      case "eXIf" -> exif = Optional.of(new Text(type, at, at + length));
      case "tEXt", "zTXt", "iTXt" -> text(type, at, at + length);
      default -> {}
    }
  }

  private void text(String type, int at, int end) {
    int zero = at;
    while (zero < end && file[zero] != 0) {
      zero++;
    }
    Optional<Text> text = Optional.of(new Text(type, Math.min(zero + 1, end), end));
    switch (new String(file, at, zero - at, StandardCharsets.ISO_8859_1)) {
      case RAW_PROFILE -> rawProfile = text;
      case XMP -> xmp = text;
      case "exif" -> exif = type.equals("tEXt") ? text : exif;
      default -> {}
    }
  }

  /** The value 1..8 of {@link Orientation}. */
  int orientation() {
    byte[] packet = xmp.map(this::value).orElse(new byte[0]);
    if (exif.isPresent() || rawProfile.isEmpty()) {
      return Orientation.of(exif.map(this::value).orElse(new byte[0]), packet);
    }
    return ofHex(value(rawProfile.get()))
        .map(block -> Orientation.of(block, packet))
        .orElse(Orientation.UPRIGHT);
  }

  /** Behind a name and a length, a line each, hexadecimal digits; empty if they are none. */
  private static Optional<byte[]> ofHex(byte[] profile) {
    int lines = 0;
    int high = -1;
    ByteArrayOutputStream bytes = new ByteArrayOutputStream(profile.length / 2);
    for (byte character : profile) {
      if (character == '\n') {
        lines++;
      } else if (lines >= RAW_PROFILE_HEAD_LINES) {
        int digit = Character.digit(character, 16);
        if (digit < 0 && (high >= 0 || !Character.isWhitespace(character))) {
          return Optional.empty();
        }
        if (digit >= 0 && high >= 0) {
          bytes.write(high << 4 | digit);
        }
        high = high < 0 ? digit : -1;
      }
    }
    return high >= 0 ? Optional.empty() : Optional.of(bytes.toByteArray());
  }

  private byte[] value(Text text) {
    return switch (text.type()) {
      case "zTXt" -> inflated(text.from(), text.from() + 1, text.end());
      case "iTXt" -> international(text.from(), text.end());
      default -> Arrays.copyOfRange(file, text.from(), text.end());
    };
  }

  /** Two bytes of compression, a language and a translated keyword, each up to its zero. */
  private byte[] international(int from, int end) {
    int zeros = 0;
    int at = from + 2;
    while (at < end && zeros < 2) {
      zeros += file[at++] == 0 ? 1 : 0;
    }
    if (zeros < 2) {
      return new byte[0];
    }
    boolean plain = file[from] == 0;
    return plain ? Arrays.copyOfRange(file, at, end) : inflated(from + 1, at, end);
  }

  /** As far as it goes if its end is missing; empty if it is damaged or long. */
  private byte[] inflated(int method, int from, int end) {
    if (from > end || file[method] != 0) {
      return new byte[0];
    }
    Inflater inflater = new Inflater();
    try {
      inflater.setInput(file, from, end - from);
      byte[] text = new byte[MAX_INFLATED + 1];
      int length = 0;
      int count;
      do {
        count = inflater.inflate(text, length, text.length - length);
        length += count;
      } while (count > 0);
      return length > MAX_INFLATED ? new byte[0] : Arrays.copyOf(text, length);
    } catch (DataFormatException e) {
      return new byte[0];
    } finally {
      inflater.end();
    }
  }
}
