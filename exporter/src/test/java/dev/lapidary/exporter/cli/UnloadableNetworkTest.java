package dev.lapidary.exporter.cli;

import static org.assertj.core.api.Assertions.assertThat;

import dev.lapidary.exporter.testing.Archives;
import java.io.IOException;
import java.io.PrintWriter;
import java.io.StringWriter;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.stream.Stream;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** ONNX allows more element types than its runtime has kernels for. */
class UnloadableNetworkTest {
  @TempDir Path folder;

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      value = {
        "torch.relu(torch.to(torch.mul(x, 9), 4)) | aten::relu: | implementation for Relu",
        "torch.avg_pool2d(torch.to(x, 7), [2, 2]) | aten::avg_pool2d: | node with name 'AveragePool'",
        "torch.dequantize(torch.quantize_per_tensor(torch.to(torch.relu(torch.to(x, 4)), 6), 0.1, 0,"
            + " 13)) | aten::relu: | implementation for Relu",
        "torch.amax(torch.gt(x, 0), [3]) | aten::amax: | 'tensor(bool)' of input parameter",
      })
  void isRefusedWithItsOperatorAndLine(String expression, String operator, String reason)
      throws IOException {
    Path archive = Archives.of(folder, "torch.flatten(torch.to(" + expression + ", 6), 1)");
    StringWriter err = new StringWriter();
    Path out = folder.resolve("out.onnx");
    int status =
        ExporterMain.run(
            new PrintWriter(new StringWriter()),
            new PrintWriter(err, true),
            "onnx",
            archive.toString(),
            "--input=3x6x4",
            "--out=" + out);
    assertThat(status).isEqualTo(4);
    assertThat(err.toString())
        .startsWith("error: [" + archive.getFileName() + "] code/__torch__.py:7:")
        .contains(operator + " ONNX Runtime has no kernel for what it becomes here (")
        .contains(reason)
        .doesNotContain(out.getFileName().toString())
        .endsWith("; of float32 numbers, x.float(), it may have one\n");
    try (Stream<Path> left = Files.list(folder)) {
      assertThat(left).containsExactly(archive);
    }
  }
}
