package dev.lapidary.core.image;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import com.fasterxml.jackson.databind.JsonNode;
import dev.lapidary.core.Golden;
import java.io.IOException;
import java.nio.file.Files;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/** Decode, orient, resize 256, crop 224, normalize: against Pillow's and torchvision's results. */
class GoldenImagesTest {
  private static final JsonNode EXPECTED = Golden.json("images/expected.json");
  private static final Preprocessor PREPROCESSOR =
      Preprocessor.of(Preprocessing.imageNet(256, 224));

  static List<String> names() {
    List<String> names = new ArrayList<>();
    EXPECTED.fieldNames().forEachRemaining(names::add);
    return names;
  }

  @ParameterizedTest
  @MethodSource("names")
  void pixelsEqualPillows(String name) throws IOException {
    RgbImage view = PREPROCESSOR.view(read(name));
    RgbImage expected = read("expected/" + name.substring(0, name.lastIndexOf('.')) + ".png");
    assertThat(view.pixels()).isEqualTo(expected.pixels());
  }

  @ParameterizedTest
  @MethodSource("names")
  void numbersEqualTorchvisions(String name) throws IOException {
    float[] input = new float[3 * 224 * 224];
    PREPROCESSOR.apply(read(name), input, 0);
    double sum = 0;
    for (float value : input) {
      sum += value;
    }
    JsonNode expected = EXPECTED.get(name);
    // The recorded sum was added up in float32; its pixels are asserted exactly above.
    assertThat(sum).isCloseTo(expected.get("sum").asDouble(), within(0.05));
    for (int i = 0; i < expected.get("first").size(); i++) {
      assertThat((double) input[i])
          .isCloseTo(expected.get("first").get(i).asDouble(), within(1e-6));
    }
  }

  @Test
  void everyExpectedImageIsTested() {
    assertThat(names()).hasSize(21);
  }

  private static RgbImage read(String name) throws IOException {
    byte[] file = Files.readAllBytes(Golden.file("images/" + name));
    return ImageDecoder.decode(file, ImageLimits.DEFAULT);
  }
}
