package dev.lapidary.exporter.cli;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import dev.lapidary.core.card.CardJson;
import dev.lapidary.core.card.ModelCard;
import dev.lapidary.core.cli.CommandTree;
import dev.lapidary.core.file.Sha256;
import dev.lapidary.core.tensor.Uniform;
import dev.lapidary.exporter.onnx.OnnxGraph;
import dev.lapidary.exporter.onnx.OnnxReader;
import dev.lapidary.exporter.testing.OrtRun;
import java.io.IOException;
import java.io.PrintWriter;
import java.io.StringWriter;
import java.net.URISyntaxException;
import java.nio.file.Path;
import java.util.Objects;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** A state dict that PyTorch wrote goes straight to ONNX, with the logits that PyTorch gives. */
class PyTorchWeightsTest {
  private static final String NETWORK = "shufflenet_v2_x0_5";

  @TempDir Path folder;

  @Test
  void aStateDictOfPyTorchGivesPyTorchsLogits() throws Exception {
    Path weights = fixture(NETWORK + ".pth");
    Path out = folder.resolve("model.onnx");
    StringWriter err = new StringWriter();

    int status = export(err, weights.toString(), "--arch=" + NETWORK, "--out=" + out);

    assertThat(status).as(err.toString()).isZero();
    assertThat(err.toString())
        .contains("torch.save zip: 338 tensors loaded, 100.0 % of 344,867 parameters");
    OnnxGraph graph = OnnxReader.read(out);
    float[] logits = OrtRun.first(graph, Uniform.tensor("input", 1, 3, 224, 224)).toFloats();
    JsonNode expected = new ObjectMapper().readTree(fixture("logits.json").toFile()).get(NETWORK);
    assertThat(logits).hasSize(expected.size());
    double greatest = 0;
    for (JsonNode logit : expected) {
      greatest = Math.max(greatest, Math.abs(logit.asDouble()));
    }
    for (int i = 0; i < logits.length; i++) {
      // The bound between libtorch and ONNX Runtime in float32.
      assertThat(Math.abs(logits[i] - expected.get(i).asDouble()) / greatest).isLessThan(1e-4);
    }
    ModelCard card =
        CardJson.read(graph.metadata().get(ModelCard.METADATA_KEY).getBytes(UTF_8), "model.onnx");
    assertThat(card.provenance().weightsSource()).isEqualTo(NETWORK + ".pth");
    assertThat(card.provenance().weightsSha256()).isEqualTo(Sha256.of(weights));
  }

  private static int export(StringWriter err, String... arguments) {
    String[] all = new String[arguments.length + 1];
    all[0] = "onnx";
    System.arraycopy(arguments, 0, all, 1, arguments.length);
    PrintWriter silent = new PrintWriter(new StringWriter(), true);
    return CommandTree.run(new ExporterMain(), silent, new PrintWriter(err, true), all);
  }

  private static Path fixture(String name) throws IOException {
    try {
      return Path.of(
          Objects.requireNonNull(PyTorchWeightsTest.class.getResource("/weights/" + name)).toURI());
    } catch (URISyntaxException e) {
      throw new IOException(e);
    }
  }
}
