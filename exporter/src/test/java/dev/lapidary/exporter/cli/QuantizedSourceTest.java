package dev.lapidary.exporter.cli;

import static org.assertj.core.api.Assertions.assertThat;

import dev.lapidary.core.card.CardJson;
import dev.lapidary.core.card.ModelCard;
import dev.lapidary.core.tensor.DType;
import dev.lapidary.exporter.onnx.OnnxGraph;
import dev.lapidary.exporter.onnx.OnnxReader;
import dev.lapidary.exporter.testing.Archives;
import dev.lapidary.exporter.testing.QuantizedNetwork;
import java.io.IOException;
import java.io.PrintWriter;
import java.io.StringWriter;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Networks that were quantized before they were saved: their integers are taken over. */
class QuantizedSourceTest {
  @TempDir Path folder;
  private Path source;
  private Path out;

  @BeforeEach
  void write() throws IOException {
    source = QuantizedNetwork.write(folder);
    out = folder.resolve("m.onnx");
  }

  @Test
  void itsIntegersAreExportedAndCertified() {
    String said = run("onnx", "--input", "3x16x16");
    assertThat(said)
        .startsWith("0 torch.ao.quantization: each of 6 layers alone gives libtorch's integers")
        .contains("differs from libtorch");
    OnnxGraph graph = OnnxReader.read(out);
    assertThat(graph.initializers().get("stem.weight").dtype()).isEqualTo(DType.INT8);
    ModelCard card =
        CardJson.read(String.valueOf(graph.metadata().get(ModelCard.METADATA_KEY)), "m.onnx");
    ModelCard.Parity parity = card.parity().orElseThrow();
    assertThat(parity.maxAbsDifference())
        .isLessThanOrEqualTo(parity.bound() * parity.maxAbsLogit());
    ModelCard.Quantization how = card.quantization().orElseThrow();
    assertThat(how.method()).isEqualTo("torch.ao.quantization");
    // Twice a step of the logits, or what rounding does to them if that is more.
    assertThat(how.logitNoise()).isGreaterThanOrEqualTo(2 * 0.05 * 0.99);
  }

  @Test
  void theCertificateIsReplayed() {
    run("onnx", "--input", "3x16x16");
    assertThat(verify()).startsWith("0 ").contains("parity: ").contains("from libtorch");
    assertThat(exporter(List.of("inspect", out.toString())))
        .containsPattern(
            "quantized +torch.ao.quantization, logits within 0\\.\\d+ of the source's");
  }

  /** A trace that holds the batch that it was made with. */
  @Test
  void itMayHoldItsBatch() throws IOException {
    source =
        Archives.of(
            folder,
            """
              q = torch.quantize_per_tensor(x, 0.0157, 64, 13)
              y = torch.view(torch.max_pool2d(q, [4, 4], [4, 4], [0, 0], [1, 1], False), [2, 48])
              return torch.dequantize(y)
            """,
            Map.of());
    assertThat(run("onnx", "--input", "3x16x16")).startsWith("0 torch.ao.quantization: each of 1 ");
  }

  /** Levels of pixels in, integers within. */
  @Test
  void itTakesPixels() {
    String[] normalized = {"--input", "3x16x16", "--mean", "0.5,0.5,0.5", "--std", "0.5,0.5,0.5"};
    List<String> more = new ArrayList<>(List.of(normalized));
    more.add("--embed-preprocessing");
    assertThat(run("onnx", more.toArray(new String[0]))).startsWith("0 torch.ao.quantization: ");
    assertThat(verify()).startsWith("0 ").contains("parity: ");
  }

  @Test
  void itIsNotQuantizedTwice() {
    for (String method : List.of("int8-dynamic", "fp16")) {
      assertThat(run("onnx", "--input", "3x16x16", "--quantize", method))
          .isEqualTo(
              "2 error: [m] is quantized already, by torch.ao.quantization: its integers are"
                  + " exported as they are; leave --quantize out, or give the float model");
      assertThat(out).doesNotExist();
    }
  }

  @Test
  void libtorchNeedsNoOtherArchiveOfIt() {
    Path archive = folder.resolve("inference.pt");
    assertThat(run("torchscript", "--input", "3x16x16", "--out", archive.toString()))
        .isEqualTo(
            "4 error: [m] is quantized, and for inference alone already: load it as it is;"
                + " 'exporter onnx' writes its integers to an ONNX file");
    assertThat(Files.exists(archive)).isFalse();
  }

  private String run(String command, String... more) {
    List<String> arguments = new ArrayList<>(List.of(command, source.toString()));
    arguments.addAll(List.of(more));
    if (!arguments.contains("--out")) {
      arguments.addAll(List.of("--out", out.toString()));
    }
    return exporter(arguments);
  }

  private String verify() {
    return exporter(List.of("verify", out.toString(), "--against", source.toString()));
  }

  private static String exporter(List<String> arguments) {
    StringWriter said = new StringWriter();
    PrintWriter writer = new PrintWriter(said, true);
    int status = ExporterMain.run(writer, writer, arguments.toArray(new String[0]));
    return status + " " + said.toString().strip();
  }
}
