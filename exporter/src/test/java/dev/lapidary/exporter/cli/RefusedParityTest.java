package dev.lapidary.exporter.cli;

import static org.assertj.core.api.Assertions.assertThat;

import dev.lapidary.exporter.testing.Archives;
import java.io.IOException;
import java.io.PrintWriter;
import java.io.StringWriter;
import java.nio.file.Path;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** Networks that every runtime computes alike and that are no classifiers of one image. */
class RefusedParityTest {
  @TempDir Path folder;

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      value = {
        "torch.sub(x, torch.mean(x)) | in a batch they agree, so that its images are mixed",
        "torch.add(x, torch.amax(x, [0], True)) | in a batch they agree, so that its images are",
        "torch.log(x) | gives NaN on ordinary inputs, which are of both signs",
        "torch.mul(x, 0) | gives only zeros on ordinary inputs",
      })
  void saysWhy(String expression, String reason) throws IOException {
    Path archive = Archives.of(folder, "torch.flatten(" + expression + ", 1)");
    StringWriter err = new StringWriter();
    int status =
        ExporterMain.run(
            new PrintWriter(new StringWriter()),
            new PrintWriter(err, true),
            "onnx",
            archive.toString(),
            "--input=3x6x4",
            "--out=" + folder.resolve("out.onnx"));
    assertThat(status).isEqualTo(3);
    assertThat(err.toString()).contains(reason);
    assertThat(folder.resolve("out.onnx")).doesNotExist();
  }
}
