package dev.lapidary.trainer.augment;

import static org.assertj.core.api.Assertions.assertThat;

import dev.lapidary.core.image.Box;
import dev.lapidary.core.image.ImageDecoder;
import dev.lapidary.core.image.ImageLimits;
import dev.lapidary.core.image.Resample;
import dev.lapidary.core.image.RgbImage;
import dev.lapidary.core.tensor.RandomStream;
import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.Locale;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/** Every operation gives torchvision's pixels, exactly. */
class TorchvisionPixelsTest {
  private static final int WIDTH = 45;
  private static final int HEIGHT = 32;
  private static final RgbImage ALL =
      ImageDecoder.decode(resource("torchvision.png"), ImageLimits.DEFAULT);
  private static final RgbImage SOURCE = picture(0);

  static List<String> cases() {
    return new String(resource("torchvision.txt"), StandardCharsets.UTF_8).lines().toList();
  }

  @ParameterizedTest
  @MethodSource("cases")
  void pixelsAreEqual(String name) {
    RgbImage expected = picture(1 + cases().indexOf(name));
    assertThat(run(name.split(" ")).pixels()).isEqualTo(expected.pixels());
  }

  @ParameterizedTest
  @MethodSource("strengths")
  void strengthsAreEqual(String line) {
    String[] words = line.split(" ");
    PolicyOperation operation = operation(words[1]);
    assertThat(operation.isSigned()).isEqualTo(words[2].equals("True"));
    for (int bin = 0; bin < words.length - 3; bin++) {
      double strength =
          switch (words[0]) {
            case "randaugment" -> RandAugment.strength(operation, bin, 224, 200);
            case "trivial" -> TrivialAugmentWide.strength(operation, bin);
            default -> AugMix.strength(operation, bin, 224, 200);
          };
      assertThat(strength).isEqualTo(Double.parseDouble(words[3 + bin]));
    }
  }

  static List<String> strengths() {
    return new String(resource("magnitudes.txt"), StandardCharsets.UTF_8).lines().toList();
  }

  private static RgbImage run(String[] words) {
    RandomStream random = RandomStream.of(0, 0, 0, "");
    return switch (words[0]) {
      case "rotate" ->
          Warp.apply(
              SOURCE, InverseAffine.rotation(number(words[2]), WIDTH, HEIGHT), sampling(words[1]));
      case "affine" ->
          Warp.apply(
              SOURCE,
              InverseAffine.of(
                  WIDTH * 0.5,
                  HEIGHT * 0.5,
                  number(words[2]),
                  number(words[3]),
                  number(words[4]),
                  number(words[5]),
                  number(words[6]),
                  0),
              sampling(words[1]));
      case "policy" -> operation(words[2]).apply(SOURCE, number(words[3]), sampling(words[1]));
      case "hue" -> Hue.shift(SOURCE, number(words[1]));
      case "gray" -> new Grayscale(1).apply(SOURCE, random);
      case "blur" -> GaussianBlur.blur(SOURCE, Integer.parseInt(words[1]), number(words[2]));
      case "hflip" -> new Flip(true, 1).apply(SOURCE, random);
      case "vflip" -> new Flip(false, 1).apply(SOURCE, random);
      default -> throw new IllegalArgumentException(words[0]);
    };
  }

  /** {@code AutoContrast} is AUTO_CONTRAST here. */
  private static PolicyOperation operation(String name) {
    return PolicyOperation.valueOf(
        name.replaceAll("(?<=[a-z])(?=[A-Z])", "_").toUpperCase(Locale.ROOT));
  }

  private static Warp.Sampling sampling(String name) {
    return Warp.Sampling.valueOf(name.toUpperCase(Locale.ROOT));
  }

  private static double number(String text) {
    return Double.parseDouble(text);
  }

  private static RgbImage picture(int index) {
    return Resample.crop(ALL, new Box(0, index * HEIGHT, WIDTH, HEIGHT));
  }

  private static byte[] resource(String name) {
    try (InputStream in = TorchvisionPixelsTest.class.getResourceAsStream("/augment/" + name)) {
      return in.readAllBytes();
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }
}
