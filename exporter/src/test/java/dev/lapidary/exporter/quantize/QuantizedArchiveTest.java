package dev.lapidary.exporter.quantize;

import static dev.lapidary.exporter.testing.PackedLayers.bias;
import static dev.lapidary.exporter.testing.PackedLayers.convolution;
import static dev.lapidary.exporter.testing.PackedLayers.linear;
import static dev.lapidary.exporter.testing.PackedLayers.weight;
import static dev.lapidary.exporter.testing.PackedLayers.weightByOutput;
import static org.assertj.core.api.Assertions.assertThat;

import dev.lapidary.core.tensor.DType;
import dev.lapidary.core.tensor.Tensor;
import dev.lapidary.core.tensor.Uniform;
import dev.lapidary.exporter.lower.GraphLowering;
import dev.lapidary.exporter.onnx.OnnxGraph;
import dev.lapidary.exporter.pass.Passes;
import dev.lapidary.exporter.testing.Archives;
import dev.lapidary.exporter.testing.OrtRun;
import dev.lapidary.exporter.verify.LoadedModel;
import dev.lapidary.exporter.verify.ModelRuntime;
import dev.lapidary.torchscript.archive.ArchiveReader;
import dev.lapidary.torchscript.archive.PyValue;
import dev.lapidary.torchscript.archive.PyValue.PyTensor;
import dev.lapidary.torchscript.trace.OutputChoice;
import dev.lapidary.torchscript.trace.TraceOptions;
import dev.lapidary.torchscript.trace.Tracer;
import java.io.IOException;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/**
 * A network that was quantized before it was saved, of what such networks are made of: a stem, a
 * residual, a depthwise layer, a gate, branches, a head.
 */
class QuantizedArchiveTest {
  private static final String NETWORK =
      """
        x0 = torch.quantize_per_tensor(x, 0.0159, 64, 13)
        x1 = ops.quantized.conv2d_relu(x0, self.stem, 0.06, 0)
        x2 = torch.max_pool2d(x1, [2, 2], [2, 2], [0, 0], [1, 1], False)
        x3 = ops.quantized.conv2d(x2, self.residual, 0.12, 60)
        x4 = ops.quantized.add_relu(x3, x2, 0.13, 0)
        x5 = ops.quantized.conv2d(x4, self.depthwise, 0.11, 61)
        x6 = torch.sigmoid(x5)
        x7 = ops.quantized.mul(x5, x6, 0.08, 12)
        x8 = ops.quantized.cat([x7, x4], 1, 0.13, 10)
        x9 = torch.flatten(torch.adaptive_avg_pool2d(x8, [1, 1]), 1)
        x10 = ops.quantized.linear(x9, self.head, 0.3, 70)
        return torch.dequantize(x10)
      """;

  @TempDir Path folder;

  private Path archive = Path.of("");
  private OnnxGraph graph = new OnnxGraph("", 17);

  @BeforeEach
  void export() throws IOException {
    Map<String, PyValue> layers =
        Map.of(
            "stem",
            convolution(
                weightByOutput("stem", 0.006, 8, 3, 3, 3), bias("b8", 8), 2, 2, 1, 1, 1, 1, 1),
            "residual",
            convolution(
                weight("residual", 0.004, 0, 8, 8, 3, 3), bias("r8", 8), 1, 1, 1, 1, 1, 1, 1),
            "depthwise",
            convolution(
                weightByOutput("depth", 0.005, 8, 1, 3, 3), bias("d8", 8), 1, 1, 1, 1, 1, 1, 8),
            "head",
            linear(weightByOutput("head", 0.005, 10, 16), bias("h10", 10)));
    archive = Archives.holding(folder, NETWORK, layers, "");
    graph =
        GraphLowering.lower(
            Tracer.trace(ArchiveReader.read(archive), TraceOptions.of(3, 32, 32)), 17);
    Passes.run(graph);
  }

  @Test
  void runsOnIntegersFromEndToEnd() {
    FusionLint lint = FusionLint.of(graph, List.of());
    assertThat(lint.operators())
        .containsAllEntriesOf(
            Map.of(
                "QuantizeLinear", 1,
                "QLinearConv", 3,
                "QLinearAdd", 1,
                "QLinearSigmoid", 1,
                "QLinearMul", 1,
                "QLinearConcat", 1,
                "QLinearGlobalAveragePool", 1,
                "QGemm", 1,
                "DequantizeLinear", 1))
        .doesNotContainKeys("Conv", "Gemm", "Relu", "Add", "Sigmoid", "Mul", "Concat");
    assertThat(SmallNetworks.onIntegers(lint)).isEqualTo(9);
  }

  /**
   * What is left float between quantized layers, as backends do with layers that int8 hurts: ONNX
   * Runtime would round its weights itself, with one scale for all, which here leaves nothing of
   * most channels.
   */
  @ParameterizedTest
  @ValueSource(
      strings = {
        "torch.conv2d(r, self.w, None, [1, 1], [1, 1])",
        "torch.relu(torch.conv2d(r, self.w, None, [1, 1], [1, 1]))",
        "torch.conv_transpose2d(r, self.t, None, [2, 2])",
        "torch.linear(torch.mean(r, [2, 3]), self.l)",
      })
  void aLayerOnFloatsBetweenIntegersIsNotRoundedByTheRuntime(String layer) throws IOException {
    float[] weight = Uniform.tensor("between", 8, 3, 3, 3).toFloats();
    float[] turned = Uniform.tensor("turned", 3, 8, 2, 2).toFloats();
    float[] matrix = Uniform.tensor("matrix", 8, 3).toFloats();
    for (int i = 0; i < 27; i++) {
      weight[i] *= 10000;
      turned[i % 4 + 32 * (i % 3)] *= 10000;
    }
    for (int i = 0; i < 3; i++) {
      matrix[i] *= 10000;
    }
    Map<String, PyValue> weights =
        Map.of(
            "w", new PyTensor(Tensor.of(weight, 8, 3, 3, 3), false),
            "t", new PyTensor(Tensor.of(turned, 3, 8, 2, 2), false),
            "l", new PyTensor(Tensor.of(matrix, 8, 3), false));
    String text =
        """
          q = torch.quantize_per_tensor(x, 0.0159, 64, 13)
          r = torch.dequantize(q)
          y = torch.quantize_per_tensor(%s, 0.02, 64, 13)
          return torch.flatten(torch.dequantize(y), 1)
        """
            .formatted(layer);
    archive = Archives.holding(folder, text, weights, "");
    graph =
        GraphLowering.lower(
            Tracer.trace(ArchiveReader.read(archive), TraceOptions.of(3, 8, 8)), 17);
    boolean fused = !layer.contains("mean"); // which is on floats, and so no DequantizeLinear
    assertThat(FusionLint.of(graph, List.of()).rounded()).hasSize(fused ? 1 : 0);
    Passes.run(graph);
    assertThat(FusionLint.of(graph, List.of()).rounded()).isEmpty();
    Tensor input = Uniform.tensor("input", 2, 3, 8, 8);
    float[] expected;
    try (LoadedModel model = LoadedModel.open(ModelRuntime.LIBTORCH, archive, OutputChoice.FIRST)) {
      expected = model.run(input).values();
    }
    float[] values = OrtRun.optimized(graph, input).toFloats();
    assertThat(values).hasSameSizeAs(expected);
    for (int i = 0; i < values.length; i++) {
      assertThat(Math.abs(values[i] - expected[i])).as("number %d", i).isLessThan(1.01f * 0.02f);
    }
  }

  /** As integers of eight bits, which makes the file small. */
  @Test
  void keepsItsWeightsAsTheyAre() {
    assertThat(graph.initializers().values())
        .filteredOn(tensor -> tensor.rank() >= 2)
        .hasSize(4)
        .allMatch(tensor -> tensor.dtype() == DType.INT8);
  }

  @Test
  void computesWhatLibtorchComputes() {
    for (int batch : new int[] {1, 3}) {
      Tensor input = Uniform.tensor("input", batch, 3, 32, 32);
      float[] expected;
      try (LoadedModel model =
          LoadedModel.open(ModelRuntime.LIBTORCH, archive, OutputChoice.FIRST)) {
        expected = model.run(input).values();
      }
      for (Tensor found :
          new Tensor[] {OrtRun.first(graph, input), OrtRun.optimized(graph, input)}) {
        float[] values = found.toFloats();
        assertThat(values).hasSameSizeAs(expected);
        for (int i = 0; i < values.length; i++) {
          // A step of the last grid; what falls to another integer within is averaged away.
          assertThat(Math.abs(values[i] - expected[i])).as("number %d", i).isLessThan(1.01f * 0.3f);
        }
      }
    }
  }
}
