package dev.lapidary.exporter.pass;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import dev.lapidary.core.tensor.Tensor;
import dev.lapidary.core.tensor.Uniform;
import dev.lapidary.exporter.lower.GraphLowering;
import dev.lapidary.exporter.onnx.OnnxGraph;
import dev.lapidary.exporter.testing.Archives;
import dev.lapidary.exporter.testing.OrtRun;
import dev.lapidary.torchscript.archive.ArchiveReader;
import dev.lapidary.torchscript.graph.Graph;
import dev.lapidary.torchscript.trace.TraceOptions;
import dev.lapidary.torchscript.trace.Tracer;
import java.io.IOException;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;

/** Lines of published networks' programs, as libtorch traces them, that a pass is for. */
class ThirdPartyGraphsTest {
  private static final Map<String, Tensor> WEIGHTS =
      Map.of(
          "w", Uniform.tensor("w", 4, 3, 3, 3),
          "b", Uniform.tensor("b", 4),
          "v", Uniform.tensor("v", 3),
          "m", Uniform.tensor("m", 3),
          "one", Tensor.of(new float[] {1, 1, 1, 1}, 4),
          "mean", Uniform.tensor("mean", 4));

  @TempDir static Path folder;

  private static final String CONV =
      "torch.conv2d(%s, self.w, self.b, [%d, %d], [0, 0], [1, 1], 1)";

  static Stream<Arguments> lines() {
    return Stream.of(
        network(
            "FuseAddIntoConv",
            "timm's MobileOne: the sum of the branches begins with 0",
            "torch.add_(%s, torch.tensor(0))".formatted(CONV.formatted("x", 1, 1))),
        network(
            "FusePadIntoConv",
            "timm's tf_efficientnet_b0: TensorFlow's SAME pads more at the end",
            CONV.formatted("torch.constant_pad_nd(x, [0, 1, 0, 1], 0.)", 2, 2)),
        network(
            "FusePadIntoMaxPool",
            "timm's nasnetalarge: TensorFlow's SAME before a pool",
            "torch.max_pool2d(torch.constant_pad_nd(x, [0, 1, 0, 1], -inf), [3, 3], [2, 2], [0, 0],"
                + " [1, 1], False)"),
        network(
            "FusePadIntoMaxPool",
            "timm's resnetv2_50x1_bit: zeros around the image before the stem's pool",
            "torch.max_pool2d(torch.constant_pad_nd(x, [1, 1, 1, 1], 0.), [3, 3], [2, 2], [0, 0],"
                + " [1, 1], False)"),
        network(
            "MeanToGlobalAveragePool",
            "timm's seresnet18: squeeze and excite",
            "torch.mul(x, torch.sigmoid(torch.mean(x, [2, 3], True)))"),
        network(
            "FuseBatchNorm",
            "torchvision's resnet18",
            "torch.batch_norm(%s, self.one, self.b, self.mean, self.one, False, 0.1, 1e-05, True)"
                .formatted(CONV.formatted("x", 1, 1))),
        network(
            "JoinMoves",
            "timm's coatnet_0_rw_224: keys are turned, and turned again",
            "torch.matmul(x, torch.transpose(torch.transpose(x, 2, 3), 2, 3))"),
        network(
            "JoinMoves",
            "timm's swin_tiny_patch4_window7_224: windows are cut out, then put together",
            "torch.sigmoid(torch.view(torch.view(x, [-1, 8, 8]), [-1, 3, 4, 2, 8]))"),
        network(
            "MergeCommonNodes",
            "timm's nasnetalarge: several branches of a cell begin with the same ReLU",
            "torch.add(torch.neg(torch.relu(x)), torch.sigmoid(torch.relu(x)))"),
        network(
            "EliminateDeadCode",
            "torchvision's vit_b_16: weights that are written turned",
            "torch.linear(torch.transpose(x, 1, 3), torch.mul(torch.stack([self.v, self.m]), 1))"),
        network(
            "QuantizeMoves",
            "torchvision's quantized shufflenet_v2_x0_5: shuffled channels stay integers",
            "torch.relu(torch.dequantize(torch.flatten(torch.transpose(torch.view("
                + "torch.quantize_per_tensor(x, 0.01, 100, 13), [-1, 3, 2, 4, 8]), 1, 2), 1, 2)))"),
        network(
            "DequantizeByChannel",
            "PyTorch's FX quantization: a module whose qconfig is None, between two that have one",
            "torch.dequantize(torch.quantize_per_tensor("
                + CONV.formatted(
                    "torch.dequantize(torch.quantize_per_tensor(x, 0.01, 100, 13))", 1, 1)
                + ", 0.02, 100, 13))"));
  }

  private static Arguments network(String pass, String network, String line) {
    return Arguments.of(pass, network, line.replace("-inf", "-float(\"inf\")"));
  }

  @ParameterizedTest(name = "{0}: {1}")
  @MethodSource("lines")
  void aPassFiresOnThem(String pass, String network, String line) throws IOException {
    OnnxGraph graph = lowered(line);
    Tensor input = Uniform.tensor("input", 2, 3, 8, 8);
    float[] before = OrtRun.first(graph, input).toFloats();
    assertThat(Passes.run(graph).get(pass)).as("%s on %s", pass, network).isPositive();
    float[] after = OrtRun.first(graph, input).toFloats();
    assertThat(after).hasSameSizeAs(before);
    for (int i = 0; i < after.length; i++) {
      // Weights are rounded once more, and sums change their order.
      assertThat(after[i]).isCloseTo(before[i], within(4e-6f));
    }
  }

  @Test
  void noPassIsWithoutANetwork() {
    List<Object> named = lines().map(line -> line.get()[0]).distinct().toList();
    List<Object> all = Passes.standard().stream().<Object>map(Pass::title).toList();
    assertThat(named).containsExactlyInAnyOrderElementsOf(all);
  }

  private static OnnxGraph lowered(String line) throws IOException {
    Path archive = Archives.of(folder, "  return " + line + "\n", WEIGHTS);
    Graph traced = Tracer.trace(ArchiveReader.read(archive), TraceOptions.of(3, 8, 8));
    return GraphLowering.lower(traced, 17);
  }
}
