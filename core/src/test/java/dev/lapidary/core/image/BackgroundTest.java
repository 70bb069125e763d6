package dev.lapidary.core.image;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.lapidary.core.file.Sha256;
import java.awt.image.BufferedImage;
import java.awt.image.IndexColorModel;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.file.Files;
import java.nio.file.Path;
import javax.imageio.ImageIO;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** Transparent images over a background, in every format that has them. */
class BackgroundTest {
  private static final Path RESOURCES = Path.of("src/test/resources");
  private static final Background ORANGE = Background.of("#ff8040");

  /** Pillow 13: {@code Image.alpha_composite(Image.new("RGBA", size, colour), image)}. */
  @ParameterizedTest
  @CsvSource({
    "golden/images/alpha.png, #ff8040,"
        + " 759dfab695077ac15cea7496074c891a34c7c19fb953726b39d3d7674349eaf9",
    "golden/images/alpha.png, black,"
        + " a6d9ce016850cd5e0a553772e42e5a12189af457759b15afe7df6cc3353c3884",
    "webp/alpha-lossless.webp, #FF8040,"
        + " 8f2894363a892feced7eecd2730f9a39006440f41596b4122374bc900f28fd4f",
    "webp/alpha-lossy.webp, #ff8040,"
        + " 81e9bfbe556ac39cdd25069c93314f5daf0a67baeb8347f17fdb91003a8a320e",
    "webp/animation-alpha.webp, #ff8040,"
        + " 82c87dd90b805a80aeaa234ca81022e4f2213d93c2ea916332c0146c2fe07a3c",
  })
  void isPillows(String file, String colour, String sha256) throws IOException {
    byte[] bytes = Files.readAllBytes(RESOURCES.resolve(file));
    RgbImage image = ImageDecoder.decode(bytes, ImageLimits.DEFAULT, Background.of(colour));
    assertThat(Sha256.of(rgb(image))).isEqualTo(sha256);
  }

  /** Entry 0 of the palette is clear, entry 1 is blue. */
  @Test
  void aClearPaletteEntryIsTheBackground() throws IOException {
    byte[] clear = {0, (byte) 255};
    byte[] zero = {0, 0};
    byte[] blue = {0, (byte) 200};
    IndexColorModel palette = new IndexColorModel(1, 2, zero, zero, blue, clear);
    BufferedImage image = new BufferedImage(2, 1, BufferedImage.TYPE_BYTE_BINARY, palette);
    image.getRaster().setSample(1, 0, 0, 1);
    for (String format : new String[] {"png", "gif"}) {
      RgbImage found = ImageDecoder.decode(encoded(image, format), ImageLimits.DEFAULT, ORANGE);
      assertThat(rgb(found)).as(format).containsExactly(255, 128, 64, 0, 0, 200);
      RgbImage black = ImageDecoder.decode(encoded(image, format), ImageLimits.DEFAULT);
      assertThat(rgb(black)).as(format).containsExactly(0, 0, 0, 0, 0, 200);
    }
  }

  /** A pixel of alpha 51, a fifth: (100 51 + 255 204) / 255 and so on. */
  @Test
  void aBitmapWithAlphaIsBlended() {
    ByteBuffer file = ByteBuffer.allocate(14 + 108 + 4).order(ByteOrder.LITTLE_ENDIAN);
    file.put((byte) 'B').put((byte) 'M').putInt(file.capacity()).putInt(0).putInt(14 + 108);
    file.putInt(108).putInt(1).putInt(1).putShort((short) 1).putShort((short) 32).putInt(3);
    file.putInt(4).putInt(0).putInt(0).putInt(0).putInt(0);
    file.putInt(0xff0000).putInt(0xff00).putInt(0xff).putInt(0xff000000);
    file.putInt(14 + 108, 51 << 24 | 100 << 16 | 10 << 8 | 20);
    RgbImage found = ImageDecoder.decode(file.array(), ImageLimits.DEFAULT, ORANGE);
    assertThat(rgb(found)).containsExactly(224, 104, 55);
  }

  @Test
  void whatIsOpaqueDoesNotChange() throws IOException {
    for (String file : new String[] {"rgb.png", "palette.png", "gray16.png", "photo-420.jpg"}) {
      byte[] bytes = Files.readAllBytes(RESOURCES.resolve("golden/images").resolve(file));
      assertThat(rgb(ImageDecoder.decode(bytes, ImageLimits.DEFAULT, ORANGE)))
          .isEqualTo(rgb(ImageDecoder.decode(bytes, ImageLimits.DEFAULT)));
    }
  }

  /** A golden image shows a wrong background. */
  @Test
  void whatIsWrittenForABackgroundNeedsIt() {
    RgbImage image = new RgbImage(2, 1, new byte[] {(byte) 255, (byte) 128, 64, 1, 2, 3});
    byte[] png = PngWriter.encode(image, ORANGE);
    assertThat(rgb(ImageDecoder.decode(png, ImageLimits.DEFAULT, ORANGE))).isEqualTo(rgb(image));
    assertThat(rgb(ImageDecoder.decode(png, ImageLimits.DEFAULT)))
        .containsExactly(0, 0, 0, 1, 2, 3);
    assertThat(PngWriter.encode(image, Background.BLACK)).isEqualTo(PngWriter.encode(image));
  }

  @Test
  void otherWordsAreRefused() {
    for (String word : new String[] {"", "whit", "#fff", "#gggggg", "0,0,0"}) {
      assertThatThrownBy(() -> Background.of(word))
          .hasMessage(
              "expected black, white or a colour such as #7f7f7f to put transparent images on but"
                  + " found "
                  + word);
    }
    assertThat(Background.of(" White ")).isEqualTo(Background.WHITE).hasToString("#ffffff");
  }

  private static byte[] encoded(BufferedImage image, String format) throws IOException {
    ByteArrayOutputStream out = new ByteArrayOutputStream();
    assertThat(ImageIO.write(image, format, out)).isTrue();
    return out.toByteArray();
  }

  private static byte[] rgb(RgbImage image) {
    byte[] rgb = new byte[3 * image.width() * image.height()];
    for (int at = 0; at < rgb.length; at++) {
      rgb[at] = (byte) image.at(at / 3 % image.width(), at / 3 / image.width(), at % 3);
    }
    return rgb;
  }
}
