package dev.lapidary.core.image;

import java.awt.image.BufferedImage;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.Iterator;
import javax.imageio.ImageIO;
import javax.imageio.ImageReader;

/**
 * BMP through the JDK's reader: 1 to 32 bits, palettes, bit fields and run lengths (Windows GDI,
 * BITMAPINFOHEADER to BITMAPV5HEADER). The header is checked first; colour profiles are blotted
 * out, since they can name other files and Pillow ignores them.
 */
final class Bmp {
  private static final String PROVIDER = "com.sun.imageio.plugins.bmp.";
  private static final int RLE8 = 1;
  private static final int RLE4 = 2;
  private static final int BITFIELDS = 3;
  private static final int COLOUR_SPACE_AT = 70;
  private static final int SRGB = 0x73524742;

  private Bmp() {}

  static RgbImage decode(byte[] file, ImageLimits limits) {
    byte[] checked = requireWhole(file, limits);
    ImageReader reader = reader();
    try (ByteArrayImageInput input = new ByteArrayImageInput(checked)) {
      reader.setInput(input, true, true);
      return rgb(reader.read(0));
    } catch (IOException | RuntimeException e) {
      // The JDK's reader answers some damaged files with exceptions of its inner arrays.
      throw UndecodableImage.broken("damaged BMP: %s", e.getClass().getSimpleName());
    } finally {
      reader.dispose();
    }
  }

  private static byte[] requireWhole(byte[] file, ImageLimits limits) {
    ByteBuffer header = ByteBuffer.wrap(file).order(ByteOrder.LITTLE_ENDIAN);
    if (file.length < 26) {
      throw truncated(file.length, 54);
    }
    int headerBytes = header.getInt(14);
    boolean core = headerBytes == 12;
    if (!core && (headerBytes < 40 || headerBytes > 124)) {
      throw UndecodableImage.broken("damaged BMP: a header of %d bytes", headerBytes);
    }
    if (file.length < 14 + headerBytes) {
      throw truncated(file.length, 14 + headerBytes);
    }
    long width = core ? header.getShort(18) & 0xffff : header.getInt(18);
    long height = core ? header.getShort(20) & 0xffff : Math.abs((long) header.getInt(22));
    limits.requireSize(width, height);
    int bits = header.getShort(core ? 24 : 28);
    int compression = core ? 0 : header.getInt(30);
    if (compression < 0 || compression > BITFIELDS) {
      throw UndecodableImage.broken("BMP of compression %d is not read, only 0 to 3", compression);
    }
    boolean packed = compression == RLE8 || compression == RLE4;
    long dataBytes = packed ? header.getInt(34) : (width * bits + 31) / 32 * 4 * height;
    long needed = (header.getInt(10) & 0xffffffffL) + dataBytes;
    if (file.length < needed) {
      throw truncated(file.length, needed);
    }
    if (headerBytes < 108) {
      return file;
    }
    byte[] copy = file.clone();
    ByteBuffer.wrap(copy).order(ByteOrder.LITTLE_ENDIAN).putInt(COLOUR_SPACE_AT, SRGB);
    return copy;
  }

  private static RgbImage rgb(BufferedImage image) {
    int width = image.getWidth();
    byte[] pixels = new byte[3 * width * image.getHeight()];
    int[] row = new int[width];
    for (int y = 0; y < image.getHeight(); y++) {
      image.getRGB(0, y, width, 1, row, 0, width);
      Rgb.ofArgb(row, 0, width, pixels, 3 * y * width);
    }
    return new RgbImage(width, image.getHeight(), pixels);
  }

  private static ImageReader reader() {
    Iterator<ImageReader> readers = ImageIO.getImageReadersByFormatName("bmp");
    while (readers.hasNext()) {
      ImageReader reader = readers.next();
      if (reader.getClass().getName().startsWith(PROVIDER)) {
        return reader;
      }
    }
    throw new IllegalStateException("this JDK has no BMP reader (module java.desktop)");
  }

  private static UndecodableImage truncated(long found, long needed) {
    return UndecodableImage.broken(
        "truncated BMP: %d bytes of the %d that its header says", found, needed);
  }
}
