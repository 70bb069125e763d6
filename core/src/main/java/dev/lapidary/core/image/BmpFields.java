package dev.lapidary.core.image;

/**
 * Where red, green, blue and alpha lie in a BMP's pixel of 16 or 32 bits. A level of n bits becomes
 * {@code level * 255 / (2^n - 1)}, cut, as Pillow does it.
 */
final class BmpFields {
  private static final BmpFields FIVE_FIVE_FIVE = new BmpFields(0x7c00, 0x3e0, 0x1f, 0);
  private static final BmpFields EIGHT_EACH = new BmpFields(0xff0000, 0xff00, 0xff, 0);
  private static final BmpFields WITH_ALPHA = new BmpFields(0xff0000, 0xff00, 0xff, 0xff000000);

  private final Field red;
  private final Field green;
  private final Field blue;
  private final Field alpha;

  private BmpFields(int red, int green, int blue, int alpha) {
    this.red = Field.of(red);
    this.green = Field.of(green);
    this.blue = Field.of(blue);
    this.alpha = Field.of(alpha);
  }

  /** Those of a file without masks; a fourth byte is no alpha then. */
  static BmpFields usual(int bits) {
    return bits == 16 ? FIVE_FIVE_FIVE : EIGHT_EACH;
  }

  static BmpFields of(int bits, int red, int green, int blue, int alpha) {
    if (bits == 32 && (red | green | blue | alpha) == 0) {
      return WITH_ALPHA;
    }
    boolean bgr = red == 0xff0000 && green == 0xff00 && blue == 0xff;
    boolean apart = (red & green) == 0 && ((red | green) & blue) == 0;
    boolean known = bits == 24 ? bgr : apart && isField(red) && isField(green) && isField(blue);
    if (!known || (alpha != 0 && !isField(alpha))) {
      throw UndecodableImage.broken(
          "BMP of %d bits with the masks %08x, %08x, %08x, %08x is not read",
          bits, red, green, blue, alpha);
    }
    boolean opaque = bits == 16 && green != 0xf0;
    return new BmpFields(red, green, blue, opaque ? 0 : alpha);
  }

  private static boolean isField(int mask) {
    return mask != 0 && Integer.bitCount(mask) == span(mask);
  }

  private static int span(int mask) {
    return 32 - Integer.numberOfLeadingZeros(mask) - Integer.numberOfTrailingZeros(mask);
  }

  /** One pixel over a background. */
  void toRgb(int pixel, Background background, byte[] rgb, int to) {
    int opacity = alpha.mask() == 0 ? 255 : alpha.level(pixel);
    background.blend(red.level(pixel), green.level(pixel), blue.level(pixel), opacity, rgb, to);
  }

  private record Field(int mask, int shift, long max) {
    static Field of(int mask) {
      int shift = mask == 0 ? 0 : Integer.numberOfTrailingZeros(mask);
      return new Field(mask, shift, Integer.toUnsignedLong(mask >>> shift));
    }

    int level(int pixel) {
      long value = Integer.toUnsignedLong((pixel & mask) >>> shift);
      return (int) (max == 255 ? value : value * 255 / max);
    }
  }
}
