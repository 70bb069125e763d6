package dev.lapidary.core.image;

import java.nio.charset.StandardCharsets;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * Which of eight ways the camera was held (Exif 2.32, section 4.6.4), by the rules of Pillow's
 * {@code ImageOps.exif_transpose}: EXIF's tag counts, and only if there is none XMP's. One that
 * cannot be read means upright.
 */
final class Orientation {
  static final int UPRIGHT = 1;
  private static final Pattern IN_XMP = Pattern.compile("tiff:Orientation(?:=\"|>)([0-9])");

  private Orientation() {}

  /**
   * The value 1..8.
   *
   * @param exif the EXIF block, empty if the file has none
   * @param xmp the XMP packet, empty if the file has none
   */
  static int of(byte[] exif, byte[] xmp) {
    int value = Exif.orientation(exif).orElseGet(() -> ofXmp(xmp));
    return value >= 1 && value <= 8 ? value : UPRIGHT;
  }

  private static int ofXmp(byte[] xmp) {
    Matcher found = IN_XMP.matcher(new String(xmp, StandardCharsets.ISO_8859_1));
    return found.find() ? Integer.parseInt(found.group(1)) : UPRIGHT;
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
