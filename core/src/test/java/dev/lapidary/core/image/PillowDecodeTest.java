package dev.lapidary.core.image;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Base64;
import java.util.List;
import org.junit.jupiter.api.DynamicTest;
import org.junit.jupiter.api.TestFactory;

/** Hundreds of small files, each odd in one way, have Pillow's size and pixels. */
class PillowDecodeTest {
  @TestFactory
  List<DynamicTest> decodesAsPillow() throws IOException {
    List<DynamicTest> tests = new ArrayList<>();
    try (InputStream in = PillowDecodeTest.class.getResourceAsStream("/pillow/decoded.txt")) {
      for (String line : new String(in.readAllBytes(), StandardCharsets.UTF_8).lines().toList()) {
        String[] words = line.split(" ");
        tests.add(DynamicTest.dynamicTest(words[0], () -> assertPillows(words)));
      }
    }
    assertThat(tests).hasSizeGreaterThan(400);
    return tests;
  }

  private static void assertPillows(String[] words) {
    byte[] file = Base64.getDecoder().decode(words[4]);
    RgbImage image = ImageDecoder.decode(file, ImageLimits.DEFAULT);
    assertThat(image.width() + " " + image.height()).isEqualTo(words[1] + " " + words[2]);
    assertThat(PillowResizeTest.checksum(image)).isEqualTo(words[3]);
  }
}
