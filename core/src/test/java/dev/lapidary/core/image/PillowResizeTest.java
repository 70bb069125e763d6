package dev.lapidary.core.image;

import static org.assertj.core.api.Assertions.assertThat;

import dev.lapidary.core.Golden;
import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.util.List;
import java.util.Locale;
import java.util.zip.CRC32;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/** Every filter and every fit gives the bytes of Pillow and torchvision, by their checksum. */
class PillowResizeTest {
  private static final RgbImage SOURCE = read("rgb.png");

  @ParameterizedTest
  @MethodSource("resizes")
  void resizesAsPillow(String line) {
    String[] w = line.split(" ");
    Box box = new Box(number(w[1]), number(w[2]), number(w[3]), number(w[4]));
    RgbImage resized =
        Resample.resize(
            SOURCE,
            box,
            number(w[5]),
            number(w[6]),
            Preprocessing.Interpolation.valueOf(w[0].toUpperCase(Locale.ROOT)));
    assertThat(checksum(resized)).isEqualTo(w[7]);
  }

  @ParameterizedTest
  @MethodSource("fits")
  void fitsAsTorchvisionAndPillow(String line) {
    String[] w = line.split(" ");
    Preprocessing rule =
        new Preprocessing(
            Preprocessing.Resize.valueOf(w[1].toUpperCase(Locale.ROOT)),
            number(w[3]),
            Preprocessing.Interpolation.valueOf(w[2].toUpperCase(Locale.ROOT)),
            number(w[4]),
            number(w[5]),
            List.of(0f, 0f, 0f),
            List.of(1f, 1f, 1f),
            Preprocessing.Colour.RGB);
    assertThat(checksum(Preprocessor.of(rule).view(read(w[0])))).isEqualTo(w[6]);
  }

  static List<String> resizes() {
    return lines("resample.txt");
  }

  static List<String> fits() {
    return lines("preprocess.txt");
  }

  static String checksum(RgbImage image) {
    CRC32 crc = new CRC32();
    crc.update(image.pixels());
    return "%08x".formatted(crc.getValue());
  }

  private static int number(String text) {
    return Integer.parseInt(text);
  }

  private static List<String> lines(String name) {
    try (InputStream in = PillowResizeTest.class.getResourceAsStream("/pillow/" + name)) {
      return new String(in.readAllBytes(), StandardCharsets.UTF_8).lines().toList();
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  private static RgbImage read(String name) {
    try {
      byte[] file = Files.readAllBytes(Golden.file("images/" + name));
      return ImageDecoder.decode(file, ImageLimits.DEFAULT);
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }
}
