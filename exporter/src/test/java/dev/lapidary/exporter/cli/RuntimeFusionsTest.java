package dev.lapidary.exporter.cli;

import static org.assertj.core.api.Assertions.assertThat;

import dev.lapidary.exporter.testing.Archives;
import java.io.IOException;
import java.io.PrintWriter;
import java.io.StringWriter;
import java.nio.file.Path;
import java.util.Map;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/**
 * ONNX Runtime rewrites graphs before it runs them, and a frame of numbers around an image is where
 * that goes wrong: what is exported keeps libtorch's results with all of its optimizations. The
 * images are below zero, so that a frame of zeros wins every window that it reaches.
 */
class RuntimeFusionsTest {
  /** As {@code nn.ConstantPad2d} is saved by a trace and as {@code F.pad} is by a script. */
  private static final Map<String, String> FRAMES =
      Map.of(
          "traced", "torch.constant_pad_nd(y, [%s], %s)",
          "scripted", "torch.pad(y, [%s], \"constant\", %s)");

  @TempDir Path folder;

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      value = {
        "1, 1, 1, 1 | 0.   | 3x32x32 | torch.max_pool2d(z, [3, 3], [2, 2], [0, 0], [1, 1], False)",
        "1, 1, 1, 1 | 0.   | 3x33x21 | torch.max_pool2d(z, [3, 3], [2, 2], [0, 0], [1, 1], False)",
        "1, 1, 1, 1 | 0.   | 3x7x5   | torch.max_pool2d(z, [3, 3], [2, 2], [0, 0], [1, 1], True)",
        "0, 1, 0, 1 | 0.   | 3x12x15 | torch.max_pool2d(z, [2, 2], [2, 2], [0, 0], [1, 1], False)",
        "1, 0, 2, 1 | 0.   | 3x11x8  | torch.max_pool2d(z, [4, 4], [3, 2], [1, 1], [1, 1], False)",
        "1, 1, 1, 1 | 0.   | 3x9x9   | torch.max_pool2d(z, [2, 2], [1, 1], [0, 0], [3, 3], False)",
        "1, 1, 1, 1 | -2.5 | 3x9x6   | torch.max_pool2d(z, [3, 3], [2, 2], [0, 0], [1, 1], False)",
        "1, 1, 1, 1 | 0.   | 3x9x6   | torch.avg_pool2d(z, [3, 3], [2, 2], [0, 0], False, False)",
        "1, 1, 1, 1 | 0.   | 3x9x6   | torch.avg_pool2d(z, [3, 3], [2, 2], [1, 1], False, False)",
        "1, 2, 0, 1 | 0.   | 3x9x6   | torch.avg_pool2d(z, [3, 3], [2, 2], [1, 1], True, True)",
      })
  void keepWhatAFrameGives(String pads, String value, String input, String pool)
      throws IOException {
    for (Map.Entry<String, String> frame : FRAMES.entrySet()) {
      String body =
          """
            y = torch.sub(x, 2)
            z = %s
            return torch.flatten(%s, 1)
          """
              .formatted(frame.getValue().formatted(pads, value), pool);
      assertThat(export(Archives.of(folder, body, Map.of()), input))
          .as(frame.getKey())
          .isEqualTo("0 ");
    }
  }

  /** The exit status and what stderr says: 3 if the runtime's answers are others. */
  private static String export(Path archive, String input) {
    StringWriter err = new StringWriter();
    int status =
        ExporterMain.run(
            new PrintWriter(new StringWriter()),
            new PrintWriter(err, true),
            "onnx",
            archive.toString(),
            "--input=" + input,
            "--out=" + archive + ".onnx");
    return status + " " + err;
  }
}
