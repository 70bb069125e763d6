package dev.lapidary.core.image;

import java.awt.color.ColorSpace;
import java.awt.image.BufferedImage;
import java.awt.image.ColorModel;
import java.awt.image.ComponentColorModel;
import java.awt.image.DataBuffer;
import java.awt.image.DataBufferByte;
import java.awt.image.Raster;
import java.awt.image.WritableRaster;
import java.io.IOException;
import java.util.HexFormat;
import java.util.Iterator;
import javax.imageio.IIOException;
import javax.imageio.ImageIO;
import javax.imageio.ImageReadParam;
import javax.imageio.ImageReader;
import javax.imageio.event.IIOReadWarningListener;

/**
 * JPEG through the JDK's libjpeg: 8-bit baseline, extended and progressive, gray, YCbCr, RGB, CMYK
 * and YCCK.
 *
 * <p>The reader is given a stream of the pixel segments alone, with one marker in front that states
 * the colour. So profiles, thumbnails and metadata reach no parser, and gray zones of the standard
 * are settled by libjpeg's rules, which are Pillow's.
 */
final class Jpeg {
  /** The JDK's own reader, whatever other plugins the class path may hold. */
  private static final String PROVIDER = "com.sun.imageio.plugins.jpeg.";

  /** SOI, and the APP0 segment of JFIF 1.1. */
  private static final byte[] JFIF =
      HexFormat.of().parseHex("ffd8ffe000104a46494600010100000100010000");

  /**
   * SOI, and Adobe's APP14 of transform 0: RGB or CMYK as stored, since the JDK converts no YCCK.
   */
  private static final byte[] ADOBE =
      HexFormat.of().parseHex("ffd8ffee000e41646f626500640000000000");

  private static final int[] RGB_OFFSETS = {0, 1, 2};
  private static final ColorModel RGB =
      new ComponentColorModel(
          ColorSpace.getInstance(ColorSpace.CS_sRGB),
          false,
          false,
          ColorModel.OPAQUE,
          DataBuffer.TYPE_BYTE);

  private Jpeg() {}

  static RgbImage decode(byte[] file, ImageLimits limits) {
    JpegSegments segments = JpegSegments.read(file, limits);
    byte[] stream = pixelsAlone(file, segments);
    ImageReader reader = reader();
    try {
      RgbImage image = read(reader, stream, segments);
      return Orientation.apply(segments.orientation(), image);
    } catch (IOException e) {
      throw UndecodableImage.broken("damaged JPEG: %s", oneLine(String.valueOf(e.getMessage())));
    } catch (RuntimeException e) {
      // The JDK's reader answers some damaged files with exceptions of its inner arrays.
      throw e instanceof UndecodableImage known
          ? known
          : UndecodableImage.broken("damaged JPEG: %s", e.getClass().getSimpleName());
    } finally {
      reader.dispose();
    }
  }

  private static RgbImage read(ImageReader reader, byte[] stream, JpegSegments segments)
      throws IOException {
    Damage damage = new Damage();
    reader.addIIOReadWarningListener(damage);
    try (ByteArrayImageInput input = new ByteArrayImageInput(stream)) {
      reader.setInput(input, true, true);
      byte[] pixels =
          switch (segments.components()) {
            case 1 -> Rgb.ofGray(bytes(reader.readRaster(0, null)));
            case 3 -> readRgb(reader, segments.width(), segments.height());
            default -> Rgb.ofInvertedCmyk(bytes(reader.readRaster(0, null)), segments.isYcc());
          };
      if (!damage.first.isEmpty()) {
        throw UndecodableImage.broken("damaged JPEG: %s", damage.first);
      }
      return new RgbImage(segments.width(), segments.height(), pixels);
    }
  }

  /** Straight into red-green-blue bytes; the JDK's default order is the opposite. */
  private static byte[] readRgb(ImageReader reader, int width, int height) throws IOException {
    WritableRaster raster =
        Raster.createInterleavedRaster(
            DataBuffer.TYPE_BYTE, width, height, 3 * width, 3, RGB_OFFSETS, null);
    ImageReadParam param = reader.getDefaultReadParam();
    param.setDestination(new BufferedImage(RGB, raster, false, null));
    reader.read(0, param);
    return bytes(raster);
  }

  private static byte[] bytes(Raster raster) throws IIOException {
    if (raster.getDataBuffer() instanceof DataBufferByte buffer) {
      return buffer.getData();
    }
    throw new IIOException("samples are not bytes");
  }

  /**
   * The first damage that libjpeg tells: it goes on and only warns. Extra bytes before a marker are
   * none: cameras pad there, and no pixel is lost.
   */
  private static final class Damage implements IIOReadWarningListener {
    private String first = "";

    @Override
    public void warningOccurred(ImageReader source, String warning) {
      if (first.isEmpty() && !warning.contains("extraneous bytes")) {
        first = oneLine(warning);
      }
    }
  }

  private static byte[] pixelsAlone(byte[] file, JpegSegments segments) {
    byte[] front = segments.components() != 4 && segments.isYcc() ? JFIF : ADOBE;
    int length = front.length + 2;
    for (JpegSegments.Segment segment : segments.segments()) {
      length += segment.isPixels() ? segment.end() - segment.start() : 0;
    }
    byte[] stream = new byte[length];
    System.arraycopy(front, 0, stream, 0, front.length);
    int at = front.length;
    for (JpegSegments.Segment segment : segments.segments()) {
      if (segment.isPixels()) {
        int count = segment.end() - segment.start();
        System.arraycopy(file, segment.start(), stream, at, count);
        at += count;
      }
    }
    stream[at] = (byte) 0xff;
    stream[at + 1] = (byte) 0xd9;
    return stream;
  }

  private static ImageReader reader() {
    Iterator<ImageReader> readers = ImageIO.getImageReadersByFormatName("jpeg");
    while (readers.hasNext()) {
      ImageReader reader = readers.next();
      if (reader.getClass().getName().startsWith(PROVIDER)) {
        return reader;
      }
    }
    throw new IllegalStateException("this JDK has no JPEG reader (module java.desktop)");
  }

  private static String oneLine(String text) {
    return text.lines().findFirst().orElse("unknown damage");
  }
}
