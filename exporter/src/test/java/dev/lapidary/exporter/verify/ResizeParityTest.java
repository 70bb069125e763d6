package dev.lapidary.exporter.verify;

import static org.assertj.core.api.Assertions.assertThat;

import dev.lapidary.core.Golden;
import dev.lapidary.core.image.ImageDecoder;
import dev.lapidary.core.image.ImageLimits;
import dev.lapidary.core.image.Preprocessing;
import dev.lapidary.core.image.Preprocessor;
import dev.lapidary.core.image.RgbImage;
import dev.lapidary.core.tensor.DType;
import dev.lapidary.core.tensor.Storage;
import dev.lapidary.core.tensor.Tensor;
import dev.lapidary.exporter.onnx.OnnxWriter;
import dev.lapidary.exporter.pass.EmbedPreprocessing;
import dev.lapidary.torchscript.trace.OutputChoice;
import java.io.IOException;
import java.io.InputStream;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.stream.Collectors;
import java.util.zip.CRC32;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.MethodSource;

/** Resize, crop and gray in the graph against Pillow's pixels, of images of many sizes. */
class ResizeParityTest {
  @TempDir Path folder;

  /** A rule and Pillow's checksums of its results, by image. */
  record Fit(Preprocessing rule, Map<String, String> checksums) {
    @Override
    public String toString() {
      return rule.text();
    }
  }

  /**
   * Of the recorded fits those that the graph can do; of the others a test says that it refuses.
   */
  static List<Fit> fits() throws IOException {
    try (InputStream in = ResizeParityTest.class.getResourceAsStream("/pillow/preprocess.txt")) {
      Map<Preprocessing, Map<String, String>> byRule =
          new String(in.readAllBytes(), StandardCharsets.UTF_8)
              .lines()
              .map(line -> line.split(" "))
              .collect(
                  Collectors.groupingBy(
                      ResizeParityTest::rule, Collectors.toMap(w -> w[0], w -> w[6])));
      return byRule.entrySet().stream()
          .filter(e -> EmbedPreprocessing.canResize(e.getKey()))
          .map(e -> new Fit(e.getKey(), e.getValue()))
          .toList();
    }
  }

  private static Preprocessing rule(String... w) {
    return new Preprocessing(
        Preprocessing.Resize.valueOf(w[1].toUpperCase(Locale.ROOT)),
        Integer.parseInt(w[3]),
        Preprocessing.Interpolation.valueOf(w[2].toUpperCase(Locale.ROOT)),
        Integer.parseInt(w[4]),
        Integer.parseInt(w[5]),
        List.of(0f, 0f, 0f),
        List.of(1f, 1f, 1f),
        Preprocessing.Colour.RGB);
  }

  @ParameterizedTest
  @MethodSource("fits")
  void pixelsAreWithinALevelOfPillows(Fit fit) throws IOException {
    try (LoadedModel graph = graph(fit.rule())) {
      for (Map.Entry<String, String> each : fit.checksums().entrySet()) {
        RgbImage image = read(each.getKey());
        RgbImage pillows = Preprocessor.of(fit.rule()).view(image);
        assertThat(checksum(pillows)).isEqualTo(each.getValue());
        requireClose(graph, image, pillows.pixels(), fit.rule());
      }
    }
  }

  @Test
  void mostRecordedRulesAreTried() throws IOException {
    assertThat(fits()).hasSizeGreaterThanOrEqualTo(17);
  }

  @ParameterizedTest
  @EnumSource(Preprocessing.Resize.class)
  void aGrayNetworkGetsPillowsGray(Preprocessing.Resize resize) throws IOException {
    Preprocessing rule = gray(resize);
    try (LoadedModel graph = graph(rule)) {
      for (String name : List.of("rgb.png", "small-28.png")) {
        RgbImage image = read(name);
        byte[] levels = new byte[rule.inputLength()];
        Preprocessor pillow = Preprocessor.of(rule);
        pillow.levels(pillow.view(image), levels, 0);
        requireClose(graph, image, levels, rule);
      }
    }
  }

  private static Preprocessing gray(Preprocessing.Resize resize) {
    return new Preprocessing(
        resize,
        41,
        Preprocessing.Interpolation.BILINEAR,
        32,
        40,
        List.of(0.5f),
        List.of(0.5f),
        Preprocessing.Colour.GRAY);
  }

  /** Of the size that ours feed, nothing is left to chance: the same bits. */
  @ParameterizedTest
  @MethodSource("fits")
  void whatIsResizedBeforeStaysAsItIs(Fit fit) throws IOException {
    try (LoadedModel graph = graph(fit.rule())) {
      for (String name : fit.checksums().keySet()) {
        RgbImage image = read(name);
        float[] found =
            graph.run(tensor(Preprocessor.beforeResize(fit.rule()).view(image))).values();
        byte[] expected = Preprocessor.of(fit.rule()).view(image).pixels();
        byte[] levels = new byte[found.length];
        int plane = found.length / 3;
        for (int i = 0; i < found.length; i++) {
          levels[i % plane * 3 + i / plane] = (byte) (int) found[i];
        }
        assertThat(levels).isEqualTo(expected);
      }
    }
  }

  @Test
  void theGateMeasures() throws IOException {
    ResizeParity found = ResizeParity.check(Preprocessing.imageNet(70, 64), 18);
    assertThat(found.pixels()).isEqualTo(4L * 3 * 64 * 64);
    assertThat(found.greatest()).isLessThanOrEqualTo(ResizeParity.BOUND);
    assertThat(found.differing()).isLessThan(found.pixels() / 20);
    assertThat(new ResizeParity(2000, 1, 1).text())
        .isEqualTo(
            "resize in the graph: 0.050 % of the pixels differ from Pillow's, by 1 level at most");
  }

  private static void requireClose(
      LoadedModel graph, RgbImage image, byte[] expected, Preprocessing rule) {
    float[] found = graph.run(tensor(image)).values();
    assertThat(found).hasSameSizeAs(expected);
    int plane = rule.cropHeight() * rule.cropWidth();
    int greatest = 0;
    for (int i = 0; i < found.length; i++) {
      int level = expected[i % plane * rule.channels() + i / plane] & 0xff;
      greatest = Math.max(greatest, Math.abs((int) found[i] - level));
    }
    assertThat(greatest).as("levels, %s", image).isLessThanOrEqualTo(1);
  }

  private LoadedModel graph(Preprocessing rule) throws IOException {
    Path file = folder.resolve("pixels.onnx");
    Files.deleteIfExists(file);
    OnnxWriter.write(EmbedPreprocessing.pixels(rule, 18), file);
    return LoadedModel.open(ModelRuntime.ONNX_RUNTIME, file, OutputChoice.FIRST);
  }

  private static Tensor tensor(RgbImage image) {
    return Tensor.over(
        DType.UINT8,
        Storage.over(ByteBuffer.wrap(image.pixels())),
        1,
        image.height(),
        image.width(),
        3);
  }

  private static String checksum(RgbImage image) {
    CRC32 crc = new CRC32();
    crc.update(image.pixels());
    return "%08x".formatted(crc.getValue());
  }

  private static RgbImage read(String name) throws IOException {
    return ImageDecoder.decode(
        Files.readAllBytes(Golden.file("images/" + name)), ImageLimits.DEFAULT);
  }
}
