package dev.lapidary.core.image;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.catchThrowableOfType;

import com.sun.management.ThreadMXBean;
import dev.lapidary.core.image.UndecodableImage.Code;
import java.awt.image.BufferedImage;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.lang.management.ManagementFactory;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.Arrays;
import javax.imageio.ImageIO;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/** BMPs written here by hand; {@link PillowDecodeTest} has many more. */
class BmpTest {
  private static final int RLE8 = 1;
  private static final int RLE4 = 2;
  private static final int BITFIELDS = 3;

  /** The JDK's gray is linear light: 51 came out as 124. */
  @Test
  void grayLevelsStayAsTheyAreStored() {
    byte[] palette = new byte[1024];
    for (int i = 0; i < 1024; i++) {
      palette[i] = (byte) (i % 4 == 3 ? 0 : i / 4);
    }
    byte[] row = new byte[256];
    for (int i = 0; i < 256; i++) {
      row[i] = (byte) i;
    }
    RgbImage image = decode(bmp(256, 1, 8, 0, palette, row));
    for (int x = 0; x < 256; x++) {
      assertThat(image.at(x, 0, 0)).isEqualTo(x);
      assertThat(image.at(x, 0, 1)).isEqualTo(x);
      assertThat(image.at(x, 0, 2)).isEqualTo(x);
    }
  }

  /** And so do those of a file that the JDK wrote. */
  @ParameterizedTest
  @ValueSource(
      ints = {
        BufferedImage.TYPE_BYTE_GRAY,
        BufferedImage.TYPE_3BYTE_BGR,
        BufferedImage.TYPE_BYTE_BINARY,
        BufferedImage.TYPE_INT_RGB
      })
  void theJdksFilesHaveTheirSamples(int type) throws IOException {
    BufferedImage picture = new BufferedImage(9, 5, type);
    for (int x = 0; x < 9; x++) {
      int[] pixel = new int[picture.getRaster().getNumBands()];
      Arrays.fill(pixel, type == BufferedImage.TYPE_BYTE_BINARY ? x % 2 : 20 * x);
      picture.getRaster().setPixel(x, 2, pixel);
    }
    ByteArrayOutputStream file = new ByteArrayOutputStream();
    ImageIO.write(picture, "bmp", file);
    RgbImage image = decode(file.toByteArray());
    for (int x = 0; x < 9; x++) {
      int level = type == BufferedImage.TYPE_BYTE_BINARY ? 255 * (x % 2) : 20 * x;
      assertThat(image.at(x, 2, 0)).isEqualTo(level);
      assertThat(image.at(x, 1, 0)).isZero();
    }
  }

  /** Of 8 bits with a palette of black and white alone, which Pillow takes for single bits. */
  @Test
  void twoColoursOfEightBitsAreTwoColours() {
    byte[] palette = {0, 0, 0, 0, -1, -1, -1, 0};
    byte[] file = bmp(4, 1, 8, 0, palette, new byte[] {0, 1, 1, 0});
    ByteBuffer.wrap(file).order(ByteOrder.LITTLE_ENDIAN).putInt(46, 2);
    RgbImage image = decode(file);
    assertThat(image.pixels()).containsExactly(0, 0, 0, -1, -1, -1, -1, -1, -1, 0, 0, 0);
  }

  @Test
  void rowsGoUpUnlessTheHeightIsNegative() {
    byte[] rows = {1, 2, 3, 0, 4, 5, 6, 0};
    byte[] file = bmp(1, 2, 24, 0, new byte[0], rows);
    assertThat(decode(file).pixels()).containsExactly(6, 5, 4, 3, 2, 1);
    ByteBuffer.wrap(file).order(ByteOrder.LITTLE_ENDIAN).putInt(22, -2);
    assertThat(decode(file).pixels()).containsExactly(3, 2, 1, 6, 5, 4);
  }

  @Test
  void fieldsBecomeLevelsAndAlphaIsOverBlack() {
    byte[] masks = masks(0xf00, 0xf0, 0xf);
    assertThat(decode(bmp(2, 1, 16, BITFIELDS, masks, new byte[] {0x21, 0x0f, 0, 0})).pixels())
        .containsExactly(-1, 0x22, 0x11, 0, 0, 0);
    byte[] half = {100, (byte) 200, 50, (byte) 128};
    // All masks zero: blue, green, red, alpha.
    assertThat(decode(bmp(1, 1, 32, BITFIELDS, masks(0, 0, 0), half)).pixels())
        .containsExactly(25, 100, 50);
    assertThat(decode(bmp(1, 1, 32, 0, new byte[0], half)).pixels())
        .containsExactly(50, (byte) 200, 100);
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      value = {
        "2 | 0 | BMP of 2 bits a pixel is not read, only 1, 4, 8, 16, 24 and 32",
        "24 | 4 | BMP of compression 4 is not read, only 0 to 3",
        "24 | 1 | damaged BMP: compression 1 with 24 bits a pixel",
        "8 | 3 | damaged BMP: compression 3 with 8 bits a pixel",
        "32 | 3 | BMP of 32 bits with the masks 00ff0000, 00ff0000, 0000ff00, 00000000 is not read",
      })
  void otherKindsAreRefused(int bits, int compression, String message) {
    byte[] file = bmp(2, 2, bits, compression, masks(0xff0000, 0xff0000, 0xff00), new byte[99]);
    assertThat(refuse(file)).hasMessage(message);
  }

  @Test
  void brokenHeadersAreRefused() {
    byte[] file = bmp(2, 2, 24, 0, new byte[0], new byte[16]);
    ByteBuffer header = ByteBuffer.wrap(file).order(ByteOrder.LITTLE_ENDIAN);
    assertThat(refuse(Arrays.copyOf(file, 20)))
        .hasMessage("truncated BMP: 20 bytes of the 54 that its header says");
    assertThat(refuse(Arrays.copyOf(file, 67)))
        .hasMessage("truncated BMP: 67 bytes of the 68 that its header says");
    assertThat(decode(Arrays.copyOf(file, 68)).height()).isEqualTo(2);
    header.putInt(14, 60);
    assertThat(refuse(file)).hasMessage("damaged BMP: a header of 60 bytes");
    header.putInt(14, 40).putShort(28, (short) 8).putInt(46, 70_000);
    assertThat(refuse(file)).hasMessage("damaged BMP: a palette of 70000 colours");
  }

  @Test
  void runsAreCodesLiteralsAndJumps() {
    byte[] levels = new byte[1024];
    for (int i = 0; i < 1024; i++) {
      levels[i] = (byte) (i / 4);
    }
    byte[] runs = {2, 7, 0, 3, 1, 2, 3, 0, 0, 0, 0, 2, 2, 0, 3, 9, 0, 1};
    assertThat(red(decode(bmp(5, 2, 8, RLE8, levels, runs))))
        .containsExactly(0, 0, 9, 9, 9, 7, 7, 1, 2, 3);
    byte[] nibbles = {3, 0x12, 0, 3, 0x34, 0x50, 0, 1};
    assertThat(red(decode(bmp(6, 1, 4, RLE4, Arrays.copyOf(levels, 64), nibbles))))
        .containsExactly(1, 2, 1, 3, 4, 5);
  }

  @Test
  void runsThatEndEarlyAreRefusedAtLittleCost() {
    byte[] palette = new byte[1024];
    byte[] early = bmp(5000, 5000, 8, RLE8, palette, new byte[] {9, 1, 0, 1});
    assertThat(refuse(early))
        .hasMessage("damaged BMP: its run lengths end after 9 of 25000000 pixels");
    byte[] cut = bmp(5000, 5000, 8, RLE8, palette, new byte[] {9, 1, 9});
    ThreadMXBean threads = (ThreadMXBean) ManagementFactory.getThreadMXBean();
    long before = threads.getThreadAllocatedBytes(Thread.currentThread().getId());
    assertThat(refuse(cut))
        .hasMessage("truncated BMP: the file ends at byte 1081 after 9 of 25000000 pixels");
    long after = threads.getThreadAllocatedBytes(Thread.currentThread().getId());
    assertThat(after - before).isPositive().isLessThan(1 << 20);
  }

  private static int[] red(RgbImage image) {
    int[] red = new int[image.width() * image.height()];
    Arrays.setAll(red, i -> image.at(i % image.width(), i / image.width(), 0));
    return red;
  }

  private static byte[] masks(int... masks) {
    ByteBuffer bytes = ByteBuffer.allocate(4 * masks.length).order(ByteOrder.LITTLE_ENDIAN);
    for (int mask : masks) {
      bytes.putInt(mask);
    }
    return bytes.array();
  }

  /** With a BITMAPINFOHEADER; what comes between it and the pixels is a palette or masks. */
  private static byte[] bmp(
      int width, int height, int bits, int compression, byte[] between, byte[] data) {
    int dataAt = 54 + between.length;
    ByteBuffer file = ByteBuffer.allocate(dataAt + data.length).order(ByteOrder.LITTLE_ENDIAN);
    file.put((byte) 'B').put((byte) 'M').putInt(file.capacity()).putInt(0).putInt(dataAt);
    file.putInt(40).putInt(width).putInt(height).putShort((short) 1).putShort((short) bits);
    file.putInt(compression).putInt(data.length).position(54);
    return file.put(between).put(data).array();
  }

  private static RgbImage decode(byte[] file) {
    return ImageDecoder.decode(file, ImageLimits.DEFAULT);
  }

  private static UndecodableImage refuse(byte[] file) {
    UndecodableImage refused = catchThrowableOfType(UndecodableImage.class, () -> decode(file));
    assertThat(refused.code()).isEqualTo(Code.UNDECODABLE);
    return refused;
  }
}
