package dev.lapidary.exporter.cli;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.lapidary.core.card.Trunk;
import dev.lapidary.core.failure.ExitCode;
import dev.lapidary.core.failure.Failure;
import dev.lapidary.core.tensor.Tensor;
import dev.lapidary.core.tensor.Uniform;
import dev.lapidary.exporter.onnx.OnnxGraph;
import dev.lapidary.exporter.testing.Archives;
import dev.lapidary.exporter.testing.OrtRun;
import dev.lapidary.torchscript.archive.ArchiveReader;
import dev.lapidary.torchscript.archive.PyValue.PyBool;
import dev.lapidary.torchscript.archive.PyValue.PyObject;
import dev.lapidary.torchscript.archive.PyValue.PyTensor;
import dev.lapidary.torchscript.graph.Graph;
import dev.lapidary.torchscript.trace.OutputChoice;
import dev.lapidary.torchscript.trace.TraceOptions;
import dev.lapidary.torchscript.trace.Tracer;
import dev.lapidary.torchscript.trace.limit.TraceLimits;
import java.io.IOException;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Where networks are cut, and which are not. */
class HeadGraphTest {
  @TempDir Path folder;

  /**
   * @param layer of the module {@code fc}
   * @param body of the network
   */
  private Graph traced(String layer, Tensor weight, String body) throws IOException {
    String text =
        """
        class Fc(Module):
          __parameters__ = ["weight", ]
          __buffers__ = []
          weight : Tensor
          training : bool
          def forward(self: __torch__.Fc,
            x: Tensor) -> Tensor:
            return %s
        """
            .formatted(layer);
    PyObject module = new PyObject("__torch__.Fc");
    module.attributes().put("weight", new PyTensor(weight, true));
    module.attributes().put("training", new PyBool(false));
    Path file = Archives.holding(folder, body, Map.of("fc", module), text);
    TraceOptions image =
        new TraceOptions(List.of(3L, 4L, 4L), OutputChoice.FIRST, TraceLimits.DEFAULT);
    return Tracer.trace(ArchiveReader.read(file), image);
  }

  private static void refused(Graph whole, String message) {
    assertThatThrownBy(() -> HeadGraph.of(whole, "fc"))
        .isInstanceOfSatisfying(
            Failure.class, e -> assertThat(e.code()).isEqualTo(ExitCode.UNSUPPORTED))
        .hasMessage(message);
  }

  @Test
  void takesWhatGoesIntoTheLastLayerAndKeepsWhatFollowsIt() throws IOException {
    Tensor weight = Tensor.of(new float[] {1, 0, -1, 0, 2, 0}, 2, 3);
    Graph whole =
        traced(
            "torch.linear(x, self.weight)",
            weight,
            "  f = torch.relu(torch.mean(x, [2, 3]))\n"
                + "  return torch.sigmoid((self.fc).forward(f, ))\n");
    Graph head = HeadGraph.of(whole, "fc");
    assertThat(head.nodes()).extracting(n -> n.operator()).doesNotContain("aten::relu");
    Trunk trunk = new Trunk("ab".repeat(32), "features", 3);
    OnnxGraph graph = HeadGraph.lowered(head, 17, trunk);
    assertThat(graph.inputs().toString()).isEqualTo("[features FLOAT32[N, 3]]");
    assertThat(graph.outputs().toString()).isEqualTo("[logits FLOAT32[N, 2]]");
    float[] scores = OrtRun.first(graph, Tensor.of(new float[] {1, 2, 1}, 1, 3)).toFloats();
    assertThat(scores[0]).isEqualTo(0.5f);
    assertThat((double) scores[1]).isBetween(0.98, 0.983); // the sigmoid of 4
  }

  @Test
  void refusesWhatIsNoHeadOfVectors() throws IOException {
    refused(
        traced(
            "torch.conv2d(x, self.weight)",
            Uniform.tensor("w", 2, 3, 1, 1),
            "  return torch.mean((self.fc).forward(torch.relu(x), ), [2, 3])\n"),
        "[m] its last layer fc takes FLOAT32 of 4 dimensions, expected float32 features [N, F], one"
            + " vector an image");
  }

  @Test
  void refusesAHeadThatReadsMoreThanTheFeatures() throws IOException {
    refused(
        traced(
            "torch.linear(x, self.weight)",
            Uniform.tensor("w", 3, 3),
            "  f = torch.mean(x, [2, 3])\n"
                + "  return torch.add((self.fc).forward(torch.relu(f), ), f)\n"),
        "[m] its logits are made of more than what goes into its last layer fc: input is read beside"
            + " it, expected a head of the trunk's features alone");
  }
}
