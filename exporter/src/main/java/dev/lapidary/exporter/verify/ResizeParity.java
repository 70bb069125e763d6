package dev.lapidary.exporter.verify;

import dev.lapidary.core.failure.Failure;
import dev.lapidary.core.failure.Phrase;
import dev.lapidary.core.file.TemporaryFolder;
import dev.lapidary.core.image.Preprocessing;
import dev.lapidary.core.image.Preprocessor;
import dev.lapidary.core.image.RgbImage;
import dev.lapidary.core.tensor.Uniform;
import dev.lapidary.exporter.onnx.OnnxWriter;
import dev.lapidary.exporter.pass.EmbedPreprocessing;
import dev.lapidary.torchscript.trace.OutputChoice;
import java.io.IOException;
import java.nio.file.Path;

/**
 * How far the pixels of a resize in the graph are from the ones that the network was trained on,
 * which are Pillow's.
 *
 * @param pixels that were compared, a channel each
 * @param differing of them
 * @param greatest difference in levels
 */
public record ResizeParity(long pixels, long differing, int greatest) {
  /** Levels that pass. */
  public static final int BOUND = 1;

  /** Width and height of an image, as parts of the size that the resize leaves as it is. */
  private static final double[][] SHAPES = {{2.1, 1.4}, {0.6, 0.8}, {1, 1.7}, {3.3, 1.1}};

  /** Longest wave in the images, in pixels. */
  private static final int GRAIN = 7;

  /**
   * On images in which every pixel has noise and neighbours are alike, as in photographs.
   *
   * @throws Failure (exit 3) if a pixel differs by more than a level
   */
  public static ResizeParity check(Preprocessing rule, int opset) throws IOException {
    Preprocessor outside = Preprocessor.of(rule);
    Preprocessing size = Preprocessor.beforeResize(rule).rule();
    long pixels = 0;
    long differing = 0;
    int greatest = 0;
    try (TemporaryFolder folder = TemporaryFolder.create("lapidary-resize-")) {
      Path file = folder.path().resolve("pixels.onnx");
      OnnxWriter.write(EmbedPreprocessing.pixels(rule, opset), file);
      try (LoadedModel graph =
          LoadedModel.open(ModelRuntime.ONNX_RUNTIME, file, OutputChoice.FIRST)) {
        for (int i = 0; i < SHAPES.length; i++) {
          RgbImage image =
              image(
                  "resize/" + i,
                  (int) Math.ceil(SHAPES[i][0] * size.cropWidth()),
                  (int) Math.ceil(SHAPES[i][1] * size.cropHeight()));
          float[] found = graph.run(ImageInput.whole(image)).values();
          byte[] expected = new byte[rule.inputLength()];
          outside.levels(outside.view(image), expected, 0);
          int plane = rule.cropHeight() * rule.cropWidth();
          for (int j = 0; j < expected.length; j++) {
            int level = expected[j % plane * rule.channels() + j / plane] & 0xff;
            int difference = Math.abs(Math.round(found[j]) - level);
            differing += difference > 0 ? 1 : 0;
            greatest = Math.max(greatest, difference);
          }
          pixels += expected.length;
        }
      }
    }
    ResizeParity parity = new ResizeParity(pixels, differing, greatest);
    parity.requireBound();
    return parity;
  }

  private void requireBound() {
    if (greatest > BOUND) {
      throw Failure.gate(
          "--embed-resize: %s; expected at most %d; use --embed-preprocessing, and resize outside;"
              + " nothing was written",
          text(), BOUND);
    }
  }

  /** {@code resize in the graph: 0.02 % of the pixels differ from Pillow's, by 1 level}. */
  public String text() {
    return Phrase.of(
        "resize in the graph: %.3f %% of the pixels differ from Pillow's, by %d level%s at most",
        100.0 * differing / pixels, greatest, greatest == 1 ? "" : "s");
  }

  private static RgbImage image(String name, int width, int height) {
    float[] noise = Uniform.tensor(name, height, width, 3).toFloats();
    byte[] pixels = new byte[noise.length];
    for (int i = 0; i < pixels.length; i++) {
      int x = i / 3 % width;
      int y = i / 3 / width;
      double wave = Math.sin((x + i % 3) * 2.0 / GRAIN) * Math.cos(y * 2.0 / GRAIN);
      pixels[i] = (byte) Math.max(0, Math.min(255, Math.round(128 + 100 * wave + 40 * noise[i])));
    }
    return new RgbImage(width, height, pixels);
  }
}
