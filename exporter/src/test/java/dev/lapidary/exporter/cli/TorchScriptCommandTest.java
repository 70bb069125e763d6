package dev.lapidary.exporter.cli;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import dev.lapidary.core.Golden;
import dev.lapidary.core.card.CardJson;
import dev.lapidary.core.card.ModelCard;
import dev.lapidary.exporter.testing.Archives;
import dev.lapidary.torchscript.archive.ArchiveReader;
import dev.lapidary.torchscript.archive.TorchScriptArchive;
import java.io.IOException;
import java.io.PrintWriter;
import java.io.StringWriter;
import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** The command as a user types it, through libtorch. */
class TorchScriptCommandTest {
  @TempDir Path folder;

  private record Run(int status, String out, String err) {}

  private static Run run(Object... arguments) {
    StringWriter out = new StringWriter();
    StringWriter err = new StringWriter();
    String[] texts = java.util.Arrays.stream(arguments).map(String::valueOf).toArray(String[]::new);
    int status = ExporterMain.run(new PrintWriter(out, true), new PrintWriter(err, true), texts);
    return new Run(status, out.toString(), err.toString());
  }

  @ParameterizedTest
  @CsvSource({"mobilenet_v3_small, scripted", "swin, traced"})
  void writesAnArchiveForInference(String family, String kind) {
    Path source = Golden.archive(family, kind).orElseThrow();
    Path out = folder.resolve("model.pt");
    Path labels = labels();
    Run written = run("torchscript", source, "--out=" + out, "--labels=" + labels);
    assertThat(written.err()).isEmpty();
    assertThat(written.status()).isZero();
    assertThat(written.out()).contains("model.pt: ").contains("differs from its source by ");

    TorchScriptArchive archive = ArchiveReader.read(out);
    assertThat(archive.code()).hasSize(1);
    assertThat(archive.code().toString()).doesNotContain("batch_norm", "dropout", "self.training");
    ModelCard card = CardJson.read(archive.extra().get(TorchScriptArchive.CARD), "model.pt");
    assertThat(card.labels()).hasSize(10);
    ModelCard.Parity parity = card.parity().orElseThrow();
    assertThat(parity.runtime()).startsWith("libtorch ");
    assertThat(parity.maxAbsDifference()).isLessThanOrEqualTo(1e-4 * parity.maxAbsLogit());

    assertThat(run("verify", out, "--against=" + source).out()).contains("parity: ");
    Run onnx = run("onnx", out, "--out=" + folder.resolve("model.onnx"), "--json");
    assertThat(onnx.status()).isZero();
    assertThat(onnx.out()).contains("\"argmaxAgreement\":1.0");
  }

  /** BatchNorm is in the layers before it, so the same work has fewer numbers and operators. */
  @Test
  void archivesAreInspected() throws IOException {
    Path source = Golden.archive("mobilenet_v3_small", "scripted").orElseThrow();
    Path out = folder.resolve("model.pt");
    assertThat(run("torchscript", source, "--out=" + out, "--labels=" + labels()).status())
        .isZero();
    JsonNode before = new ObjectMapper().readTree(run("inspect", source, "--json").out());
    JsonNode after = new ObjectMapper().readTree(run("inspect", out, "--json").out());
    Path onnx = folder.resolve("model.onnx");
    assertThat(run("onnx", out, "--out=" + onnx).status()).isZero();
    JsonNode written = new ObjectMapper().readTree(run("inspect", onnx, "--json").out());
    assertThat(before.get("operators").get("aten::batch_norm").asInt()).isPositive();
    assertThat(after.get("operators").has("aten::batch_norm")).isFalse();
    assertThat(after.get("operators").get("aten::conv2d"))
        .isEqualTo(written.get("operators").get("Conv"));
    assertThat(after.get("parameters")).isEqualTo(written.get("parameters"));
    // As PyTorch counts them, without the 4,274 numbers of its buffers.
    assertThat(before.get("parameters").asLong()).isEqualTo(137_409);
    assertThat(before.get("parameters").asLong()).isGreaterThan(after.get("parameters").asLong());
    assertThat(after.get("multiplyAdds")).isEqualTo(written.get("multiplyAdds"));
    assertThat(before.get("multiplyAdds")).isEqualTo(written.get("multiplyAdds"));
    assertThat(before.has("card")).isFalse();
    assertThat(after.get("card").get("labels")).hasSize(10);
    assertThat(run("inspect", out).out())
        .contains("model.pt: ")
        .contains(" MB, TorchScript, as traced")
        .contains("input        input FLOAT32[N, 3, 224, 224]");
  }

  private Path labels() {
    try {
      return Files.writeString(folder.resolve("labels"), "c\n".repeat(10));
    } catch (IOException e) {
      throw new java.io.UncheckedIOException(e);
    }
  }

  @Test
  void refusesAndWritesNothing() throws IOException {
    Path source = Archives.of(folder, "torch.lgamma(x)");
    Run unsupported = run("torchscript", source, "--out=" + folder.resolve("o.pt"));
    assertThat(unsupported.status()).isEqualTo(4);
    assertThat(unsupported.err()).contains("aten::lgamma");
    Run existing = run("torchscript", source, "--out=" + source);
    assertThat(existing.status()).isEqualTo(2);
    assertThat(existing.err()).contains("is the source itself; choose another --out");
    Run misnamed = run("torchscript", source, "--out=" + folder.resolve("o.onnx"));
    assertThat(misnamed.status()).isEqualTo(2);
    assertThat(misnamed.err()).contains("names an ONNX file; choose a name that ends in .pt");
    assertThat(folder).isDirectoryNotContaining("glob:**o.*");
  }
}
