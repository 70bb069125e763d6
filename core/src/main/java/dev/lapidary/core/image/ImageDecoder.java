package dev.lapidary.core.image;

import java.nio.charset.StandardCharsets;
import java.util.HexFormat;

/**
 * Bytes to pixels: JPEG, PNG, WebP, BMP and the first frame of GIF, told by their magic bytes and
 * never by a name or a media type.
 *
 * <p>The same rules for training, calibration and serving: orientation is applied as by Pillow's
 * {@code exif_transpose}; alpha is composited over a {@link Background}, black unless told;
 * palettes and gray become RGB; 16-bit gray is {@code value / 257} rounded, other 16-bit samples
 * their high byte as in Pillow; CMYK and YCCK are Pillow's {@code convert("RGB")} of inverted inks;
 * ICC profiles and gamma are ignored, as Pillow ignores them.
 */
public final class ImageDecoder {
  /** So many first bytes tell the format. */
  private static final int MAGIC_BYTES = 12;

  private ImageDecoder() {}

  /**
   * Decodes with {@link ImageLimits}, checked from the header alone. Safe for many threads.
   *
   * @throws UndecodableImage if the bytes are over a limit, no such image, truncated, or damaged
   */
  public static RgbImage decode(byte[] file, ImageLimits limits) {
    return decode(file, limits, Background.BLACK);
  }

  /** The same, with a background of its own for what is transparent. */
  public static RgbImage decode(byte[] file, ImageLimits limits, Background background) {
    limits.requireBytes(file.length);
    return switch (Format.of(file)) {
      case JPEG -> Jpeg.decode(file, limits);
      case PNG -> Png.decode(file, limits, background);
      case GIF -> Gif.decode(file, limits, background);
      case BMP -> Bmp.decode(file, limits, background);
      case WEBP -> Webp.decode(file, limits, background);
      case OTHER -> throw unknown(file);
    };
  }

  /**
   * Whether a file's first bytes are those of a format that is read. BMP's two are what any text
   * may begin with, so its header must follow them.
   */
  static boolean isImage(byte[] start) {
    Format format = Format.of(start);
    return format == Format.BMP ? Bmp.isHeader(start) : format != Format.OTHER;
  }

  private enum Format {
    JPEG,
    PNG,
    GIF,
    BMP,
    WEBP,
    OTHER;

    static Format of(byte[] file) {
      String start =
          new String(file, 0, Math.min(MAGIC_BYTES, file.length), StandardCharsets.ISO_8859_1);
      if (start.startsWith("\u00ff\u00d8\u00ff")) {
        return JPEG;
      }
      if (start.startsWith("\u0089PNG\r\n\u001a\n")) {
        return PNG;
      }
      if (start.startsWith("GIF8") && start.startsWith("a", 5)) {
        return GIF;
      }
      if (start.startsWith("RIFF") && start.startsWith("WEBP", 8)) {
        return WEBP;
      }
      return start.startsWith("BM") ? BMP : OTHER;
    }
  }

  private static UndecodableImage unknown(byte[] file) {
    if (file.length == 0) {
      return UndecodableImage.broken("the file is empty");
    }
    String format = FileKind.format(file);
    if (!format.isEmpty()) {
      return UndecodableImage.foreign(format);
    }
    return UndecodableImage.broken(
        "expected JPEG, PNG, WebP, BMP or GIF but found a file that starts with %s", hex(file));
  }

  private static String hex(byte[] file) {
    return HexFormat.ofDelimiter(" ").formatHex(file, 0, Math.min(4, file.length));
  }
}
