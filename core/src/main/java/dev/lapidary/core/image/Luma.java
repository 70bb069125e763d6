package dev.lapidary.core.image;

/** ITU-R 601-2 luma in Pillow's 16-bit fixed point: {@code convert("L")}. */
public final class Luma {
  private Luma() {}

  /** Of the pixel whose red, green and blue begin at {@code i}, in 0..255. */
  public static int of(byte[] rgb, int i) {
    return (19_595 * (rgb[i] & 0xff)
            + 38_470 * (rgb[i + 1] & 0xff)
            + 7_471 * (rgb[i + 2] & 0xff)
            + 32_768)
        >> 16;
  }
}
