package dev.lapidary.core.image;

import static org.assertj.core.api.Assertions.assertThat;

import dev.lapidary.core.Golden;
import java.awt.image.BufferedImage;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.nio.file.Files;
import java.util.Arrays;
import java.util.Random;
import javax.imageio.ImageIO;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class ImageSizeTest {
  @ParameterizedTest
  @ValueSource(
      strings = {
        "cmyk.jpg",
        "exif-6.jpg",
        "gray.jpg",
        "large-3000.jpg",
        "panorama.jpg",
        "photo-422.jpg",
        "progressive.jpg",
        "alpha.png",
        "gray16.png",
        "one-pixel.png",
        "palette.png"
      })
  void isThatOfTheDecodedImage(String name) throws IOException {
    isThatOfTheDecodedImage(Files.readAllBytes(Golden.file("images/" + name)));
  }

  @ParameterizedTest
  @ValueSource(strings = {"bmp", "gif", "png", "jpeg", "webp"})
  void isThatOfTheDecodedImageInEachFormat(String format) throws IOException {
    BufferedImage image = new BufferedImage(75, 310, BufferedImage.TYPE_INT_RGB);
    ByteArrayOutputStream bytes = new ByteArrayOutputStream();
    assertThat(ImageIO.write(image, format, bytes)).isTrue();
    isThatOfTheDecodedImage(bytes.toByteArray());
  }

  private static void isThatOfTheDecodedImage(byte[] file) {
    RgbImage image = ImageDecoder.decode(file, ImageLimits.DEFAULT);
    assertThat(ImageSize.pixels(file)).isEqualTo((long) image.width() * image.height());
  }

  /** It estimates; the decoder judges. */
  @Test
  void endsOnAnything() throws IOException {
    byte[] jpeg = Files.readAllBytes(Golden.file("images/photo-422.jpg"));
    assertThat(ImageSize.pixels(new byte[0])).isZero();
    assertThat(ImageSize.pixels(Arrays.copyOf(jpeg, 40))).isZero();
    Random random = new Random(1);
    int[][] starts = {{0xff, 0xd8}, {0x89, 'P'}, {'G', 'I'}, {'B', 'M'}, {'R', 'I'}, {0, 0}};
    for (int i = 0; i < 20_000; i++) {
      byte[] noise = new byte[random.nextInt(200)];
      random.nextBytes(noise);
      if (noise.length > 1) {
        int[] start = starts[i % starts.length];
        noise[0] = (byte) start[0];
        noise[1] = (byte) start[1];
      }
      assertThat(ImageSize.pixels(noise)).isBetween(0L, 1L << 40);
    }
  }
}
