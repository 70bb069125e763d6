package dev.lapidary.exporter.verify;

import static dev.lapidary.exporter.testing.PackedLayers.convolution;
import static dev.lapidary.exporter.testing.PackedLayers.noBias;
import static dev.lapidary.exporter.testing.PackedLayers.weight;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import dev.lapidary.core.card.Activation;
import dev.lapidary.core.card.ModelCard;
import dev.lapidary.core.card.Scores;
import dev.lapidary.core.failure.ExitCode;
import dev.lapidary.core.failure.Failure;
import dev.lapidary.exporter.testing.Archives;
import dev.lapidary.exporter.testing.QuantizedNetwork;
import dev.lapidary.torchscript.archive.ArchiveReader;
import dev.lapidary.torchscript.graph.Argument;
import dev.lapidary.torchscript.graph.Graph;
import dev.lapidary.torchscript.graph.Node;
import dev.lapidary.torchscript.trace.OutputChoice;
import dev.lapidary.torchscript.trace.TraceOptions;
import dev.lapidary.torchscript.trace.Tracer;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Layers on integers, one by one: libtorch's kernels and ONNX Runtime's. */
class LayerParityTest {
  private static final ModelCard CARD =
      new ModelCard(
          "m",
          "1",
          "M",
          List.of(),
          Activation.SOFTMAX,
          Scores.LOGITS,
          new ModelCard.Input("input", "NCHW", 3, 16, 16, "float32"),
          Optional.empty(),
          Optional.empty(),
          new TreeMap<>(),
          ModelCard.Provenance.UNKNOWN,
          Optional.empty(),
          Optional.empty(),
          List.of());

  @TempDir Path folder;
  private Path source;
  private Graph traced;

  @BeforeEach
  void trace() throws IOException {
    source = QuantizedNetwork.write(folder);
    traced = Tracer.trace(ArchiveReader.read(source), TraceOptions.of(3, 16, 16));
  }

  @Test
  void everyRoundingIsHeldToLibtorchs() throws IOException {
    LayerParity parity = check(traced);
    assertThat(parity.layers()).isEqualTo(6);
    // input, stem, block, sum, mean, logits
    assertThat(parity.numbers()).isEqualTo(3 * 256 + 6 * 64 + 6 * 16 + 6 * 16 + 6 + 5);
    assertThat(parity.differing()).isLessThan(parity.numbers() / 50);
    assertThat(parity.text()).startsWith("each of 6 layers alone gives libtorch's integers, 0");
  }

  /** What ONNX Runtime computes from is another network's than what libtorch ran. */
  @Test
  void aLayerThatComputesSomethingElseIsNamed() {
    Graph scaled =
        new Graph(
            traced.name(),
            traced.inputs(),
            changed(traced.nodes(), "aten::quantize_per_tensor", "scale", new Argument.Real(0.2)),
            traced.outputs(),
            traced.sourceCalls());
    assertThatThrownBy(() -> check(scaled))
        .isInstanceOfSatisfying(
            Failure.class, f -> assertThat(f.code()).isEqualTo(ExitCode.GATE_REFUSED))
        .hasMessageMatching(
            "parity refused: code/__torch__.py:\\d+:\\d+: ONNX Runtime's integers differ from"
                + " libtorch's by \\d+ steps where 1 passes; if this CPU's sums of bytes overflow,"
                + " quantize with reduce_range; nothing was written");
  }

  /**
   * FBGEMM's depthwise convolution adds two products in 16 bits. libtorch gives it those of more
   * than 100 groups, and oneDNN the others.
   */
  @Test
  void whereLibtorchsSumsOverflowTheExactOnesPass() throws IOException {
    assumeTrue(hasVnni(), "ONNX Runtime's own sums may overflow on this CPU");
    source =
        Archives.holding(
            folder,
            """
              q = torch.quantize_per_tensor(x, 0.0157, 64, 13)
              y = ops.quantized.conv2d_relu(q, self.stem, 0.002, 0)
              y = ops.quantized.conv2d(y, self.depthwise, 0.04, 128)
              return torch.dequantize(torch.flatten(torch.adaptive_avg_pool2d(y, [1, 1]), 1))
            """,
            Map.of(
                "stem",
                convolution(weight("s", 0.004, 0, 104, 3, 3, 3), noBias(), 1, 1, 1, 1, 1, 1, 1),
                "depthwise",
                convolution(weight("d", 0.008, 0, 104, 1, 3, 3), noBias(), 1, 1, 1, 1, 1, 1, 104)),
            "");
    LayerParity parity =
        check(Tracer.trace(ArchiveReader.read(source), TraceOptions.of(3, 16, 16)));
    assertThat(parity.overflown()).isPositive();
    assertThat(parity.text())
        .matches(
            "each of 4 layers alone gives libtorch's integers, \\d\\.\\d\\d % of them the next ones;"
                + " \\d+ of 54120 are the exact ones, where libtorch's sums overflow");
  }

  private static boolean hasVnni() throws IOException {
    Path cpu = Path.of("/proc/cpuinfo");
    return Files.exists(cpu) && Files.readString(cpu).contains("vnni");
  }

  /** The operators that libtorch is asked about must be the source's, to the last bit. */
  @Test
  void aTraceThatIsNotTheSourceIsRefused() {
    Argument other = new Argument.Real(0.0501);
    Graph wrong =
        new Graph(
            traced.name(),
            traced.inputs(),
            traced.nodes(),
            traced.outputs(),
            changed(traced.sourceCalls(), "quantized::linear", "Y_scale_i", other));
    assertThatThrownBy(() -> check(wrong))
        .isInstanceOfSatisfying(
            Failure.class, f -> assertThat(f.code()).isEqualTo(ExitCode.GATE_REFUSED))
        .hasMessageContaining(
            "run by libtorch, does not give its logits bit by bit; nothing was written");
  }

  private LayerParity check(Graph graph) throws IOException {
    return LayerParity.check(graph, source, OutputChoice.FIRST, 17, CARD, Optional.empty());
  }

  private static List<Node> changed(
      List<Node> nodes, String operator, String parameter, Argument value) {
    List<Node> changed = new ArrayList<>();
    for (Node node : nodes) {
      List<Argument> arguments = new ArrayList<>(node.arguments());
      if (node.operator().equals(operator)) {
        arguments.set(node.schema().indexOf(parameter), value);
      }
      changed.add(
          new Node(node.schema(), arguments, node.outputs(), node.scope(), node.location()));
    }
    assertThat(changed).isNotEqualTo(nodes);
    return changed;
  }
}
