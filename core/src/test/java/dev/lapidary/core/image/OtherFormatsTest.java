package dev.lapidary.core.image;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.catchThrowableOfType;

import dev.lapidary.core.Golden;
import dev.lapidary.core.image.UndecodableImage.Code;
import java.awt.image.BufferedImage;
import java.awt.image.IndexColorModel;
import java.io.ByteArrayInputStream;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.util.Arrays;
import java.util.Random;
import javax.imageio.IIOImage;
import javax.imageio.ImageIO;
import javax.imageio.ImageWriteParam;
import javax.imageio.ImageWriter;
import javax.imageio.stream.MemoryCacheImageOutputStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/** GIF and BMP written by the JDK; CMYK and 16-bit gray by the stated rules; GIF's screens. */
class OtherFormatsTest {
  /** Checksums of Pillow's {@code convert("RGB")} of the same bytes. */
  @Test
  void inksBecomePillowsRgb() throws IOException {
    byte[] file = golden("cmyk.jpg");
    assertThat(PillowResizeTest.checksum(decode(file))).isEqualTo("41bde318");
    int adobe = new String(file, StandardCharsets.ISO_8859_1).indexOf("Adobe");
    byte[] ycck = file.clone();
    ycck[adobe + 11] = 2;
    assertThat(PillowResizeTest.checksum(decode(ycck))).isEqualTo("d326c278");
    byte[] unmarked = new byte[file.length - 16];
    System.arraycopy(file, 0, unmarked, 0, adobe - 4);
    System.arraycopy(file, adobe + 12, unmarked, adobe - 4, file.length - adobe - 12);
    assertThat(PillowResizeTest.checksum(decode(unmarked))).isEqualTo("41bde318");
  }

  /** A profile that a viewer would apply, and a comment, before the picture. */
  @Test
  void profilesOfJpegAreIgnored() throws IOException {
    byte[] file = golden("photo-444.jpg");
    byte[] extra =
        ("\u00ff\u00e2\0\u0014ICC_PROFILE\0\1\1abcd\u00ff\u00fe\0\4hi")
            .getBytes(StandardCharsets.ISO_8859_1);
    byte[] with = new byte[file.length + extra.length];
    System.arraycopy(file, 0, with, 0, 2);
    System.arraycopy(extra, 0, with, 2, extra.length);
    System.arraycopy(file, 2, with, 2 + extra.length, file.length - 2);
    assertThat(decode(with).pixels()).isEqualTo(decode(file).pixels());
  }

  @Test
  void sixteenBitGrayIsDividedBy257AndRounded() throws IOException {
    byte[] file = golden("gray16.png");
    RgbImage image = decode(file);
    var raster = ImageIO.read(new ByteArrayInputStream(file)).getRaster();
    for (int y = 0; y < image.height(); y++) {
      for (int x = 0; x < image.width(); x++) {
        int expected = (int) Math.rint(raster.getSample(x, y, 0) / 257.0);
        assertThat(image.at(x, y, 0)).isEqualTo(expected);
        assertThat(image.at(x, y, 2)).isEqualTo(expected);
      }
    }
  }

  @ParameterizedTest
  @ValueSource(booleans = {false, true})
  void gifIsReadAsWritten(boolean interlaced) throws IOException {
    BufferedImage picture = picture(BufferedImage.TYPE_BYTE_INDEXED, 61, 47);
    byte[] file = write("gif", picture, interlaced ? "progressive" : "");
    assertEqual(decode(file), picture);
    for (int length = 1; length < file.length - 1; length += 13) {
      byte[] part = Arrays.copyOf(file, length);
      assertThat(refuse(part).code()).isEqualTo(Code.UNDECODABLE);
    }
  }

  @Test
  void gifShowsTheFirstFrameAndBlackWhereItIsTransparent() throws IOException {
    byte[] levels = {0, (byte) 200};
    IndexColorModel palette = new IndexColorModel(1, 2, levels, levels, levels, 1);
    BufferedImage picture = new BufferedImage(2, 1, BufferedImage.TYPE_BYTE_BINARY, palette);
    picture.getRaster().setSample(1, 0, 0, 1);
    RgbImage image = decode(write("gif", picture, ""));
    assertThat(image.pixels()).containsOnly(0);
  }

  /** Width and height of a screen of zero, or of one that the frame leaves, are the frame's. */
  @Test
  void aGifsFrameMakesItsScreenLarger() throws IOException {
    byte[] file = write("gif", picture(BufferedImage.TYPE_BYTE_INDEXED, 20, 20), "");
    RgbImage whole = decode(file);
    int frame = new String(file, StandardCharsets.ISO_8859_1).lastIndexOf(",\0\0\0\0");
    for (int screen : new int[] {0, 7, 20}) {
      byte[] changed = file.clone();
      changed[6] = (byte) screen;
      changed[8] = (byte) screen;
      assertThat(decode(changed).pixels()).isEqualTo(whole.pixels());
    }
    byte[] moved = file.clone();
    moved[frame + 1] = 5;
    moved[frame + 3] = 3;
    RgbImage image = decode(moved);
    assertThat(image.width()).isEqualTo(25);
    assertThat(image.height()).isEqualTo(23);
    assertThat(image.at(24, 22, 1)).isEqualTo(whole.at(19, 19, 1));
    // Colour 0 of the palette, as in Pillow.
    assertThat(image.at(0, 0, 0)).isEqualTo(file[13] & 0xff);
    moved[frame + 2] = (byte) 0xff;
    assertThat(refuse(moved).code()).isEqualTo(Code.TOO_LARGE);
  }

  @ParameterizedTest
  @CsvSource({"1, BI_RGB", "13, BI_RGB", "13, BI_RLE8", "5, BI_RGB"})
  void bmpIsReadAsWritten(int type, String compression) throws IOException {
    BufferedImage picture = picture(type, 33, 21);
    byte[] file = write("bmp", picture, compression);
    assertEqual(decode(file), picture);
    assertThat(refuse(Arrays.copyOf(file, file.length - 40)).getMessage())
        .startsWith("truncated BMP: ");
  }

  @Test
  void sizesAreRefusedFromTheHeader() throws IOException {
    byte[] gif = write("gif", picture(BufferedImage.TYPE_BYTE_INDEXED, 61, 47), "");
    byte[] bmp = write("bmp", picture(BufferedImage.TYPE_3BYTE_BGR, 61, 47), "BI_RGB");
    byte[] jpeg = golden("gray.jpg");
    ImageLimits few = new ImageLimits(1 << 20, 1000, 2000);
    for (byte[] file : new byte[][] {gif, bmp, jpeg}) {
      UndecodableImage refused =
          catchThrowableOfType(UndecodableImage.class, () -> ImageDecoder.decode(file, few));
      assertThat(refused.code()).isEqualTo(Code.TOO_LARGE);
      assertThat(refused).hasMessageEndingWith("pixels, more than the limit of 2000");
    }
  }

  /** Whatever one byte becomes, the answer is pixels or one line. */
  @ParameterizedTest
  @ValueSource(strings = {"gray.jpg", "palette.png", "exif-6.jpg"})
  void aFlippedByteGivesPixelsOrOneLine(String name) throws IOException {
    byte[] file = golden(name);
    Random random = new Random(3);
    for (int i = 0; i < 200; i++) {
      byte[] changed = file.clone();
      changed[random.nextInt(Math.min(file.length, 1500))] ^= (byte) (1 + random.nextInt(255));
      try {
        assertThat(decode(changed).width()).isPositive();
      } catch (UndecodableImage e) {
        assertThat(e.getMessage()).isNotBlank().doesNotContain("\n");
      }
    }
  }

  private static BufferedImage picture(int type, int width, int height) {
    BufferedImage image = new BufferedImage(width, height, type);
    Random random = new Random(9);
    for (int y = 0; y < height; y++) {
      for (int x = 0; x < width; x++) {
        image.setRGB(x, y, x % 7 == 0 ? random.nextInt() | 0xff000000 : 0xff204060 + 8 * y);
      }
    }
    return image;
  }

  private static byte[] write(String format, BufferedImage image, String compression)
      throws IOException {
    ImageWriter writer = ImageIO.getImageWritersByFormatName(format).next();
    ByteArrayOutputStream bytes = new ByteArrayOutputStream();
    try (MemoryCacheImageOutputStream out = new MemoryCacheImageOutputStream(bytes)) {
      writer.setOutput(out);
      ImageWriteParam param = writer.getDefaultWriteParam();
      if (compression.equals("progressive")) {
        param.setProgressiveMode(ImageWriteParam.MODE_DEFAULT);
      } else if (format.equals("gif")) {
        param.setProgressiveMode(ImageWriteParam.MODE_DISABLED);
      } else {
        param.setCompressionMode(ImageWriteParam.MODE_EXPLICIT);
        param.setCompressionType(compression);
      }
      writer.write(null, new IIOImage(image, null, null), param);
    } finally {
      writer.dispose();
    }
    return bytes.toByteArray();
  }

  private static void assertEqual(RgbImage image, BufferedImage expected) {
    assertThat(image.width()).isEqualTo(expected.getWidth());
    assertThat(image.height()).isEqualTo(expected.getHeight());
    for (int y = 0; y < image.height(); y++) {
      for (int x = 0; x < image.width(); x++) {
        int rgb = image.at(x, y, 0) << 16 | image.at(x, y, 1) << 8 | image.at(x, y, 2);
        assertThat(rgb).isEqualTo(expected.getRGB(x, y) & 0xffffff);
      }
    }
  }

  private static RgbImage decode(byte[] file) {
    return ImageDecoder.decode(file, ImageLimits.DEFAULT);
  }

  private static UndecodableImage refuse(byte[] file) {
    return catchThrowableOfType(UndecodableImage.class, () -> decode(file));
  }

  private static byte[] golden(String name) throws IOException {
    return Files.readAllBytes(Golden.file("images/" + name));
  }
}
