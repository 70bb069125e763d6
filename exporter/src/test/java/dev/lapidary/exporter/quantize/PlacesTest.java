package dev.lapidary.exporter.quantize;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.lapidary.core.card.Activation;
import dev.lapidary.core.card.Scoring;
import dev.lapidary.core.failure.ExitCode;
import dev.lapidary.core.failure.Failure;
import dev.lapidary.core.tensor.Tensor;
import dev.lapidary.exporter.lower.GraphLowering;
import dev.lapidary.exporter.onnx.OnnxGraph;
import dev.lapidary.exporter.pass.Passes;
import dev.lapidary.exporter.testing.Archives;
import dev.lapidary.torchscript.archive.ArchiveReader;
import dev.lapidary.torchscript.trace.TraceOptions;
import dev.lapidary.torchscript.trace.Tracer;
import java.io.IOException;
import java.nio.file.Path;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Places are whole numbers in a small file too, and what is added up at them stays float32. */
class PlacesTest {
  /** On float16's grid, so that no two numbers become equal. */
  private static final String COARSE = "torch.div(torch.round(torch.mul(x, 64)), 64)";

  @TempDir Path folder;

  @ParameterizedTest
  @ValueSource(
      strings = {
        "torch.max_unpool2d((torch.max_pool2d_with_indices(X, [2, 2]))[0],"
            + " (torch.max_pool2d_with_indices(X, [2, 2]))[1], [SIZE, SIZE])",
        "torch.type_as((torch.adaptive_max_pool2d(X, [1, 2]))[1], x)",
        "torch.scatter_add(X, 1, torch.expand(torch.tensor([[[[0]], [[0]], [[2]]]]),"
            + " [torch.size(x, 0), 3, SIZE, SIZE]), X)",
        "torch.remainder(x, 0.29999999999999999)",
      })
  void inFloat16(String expression) throws IOException {
    OnnxGraph fp32 = graph(expression, Map.of());
    try (CalibrationSet images = SmallNetworks.images("fp16", 4)) {
      OnnxGraph half =
          HalfPrecision.quantize(fp32, images, Scoring.ofLogits(Activation.SOFTMAX), line -> {})
              .graph();
      Drift drift = Reference.of(fp32, images, Scoring.ofLogits(Activation.SOFTMAX)).drift(half);
      // A few roundings to 11 bits, squared; a place that is another one is far more.
      assertThat(drift.relativeError()).isLessThan(1e-5);
    }
  }

  @Test
  void onIntegers() throws IOException {
    Map<String, Tensor> weights =
        Map.of("a", Archives.weight("a", 16, 3, 3, 3), "b", Archives.weight("b", 8, 16, 3, 3));
    OnnxGraph fp32 =
        graph(
            "torch.conv2d(torch.max_unpool2d((torch.max_pool2d_with_indices(torch.conv2d(x,"
                + " self.a), [2, 2]))[0], (torch.max_pool2d_with_indices(torch.conv2d(x, self.a),"
                + " [2, 2]))[1], [SIZE, SIZE]), self.b)",
            weights);
    try (CalibrationSet images = SmallNetworks.images("calibrate", 8)) {
      OnnxGraph int8 = SmallNetworks.int8(fp32, images, line -> {}).graph();
      Drift drift = Reference.of(fp32, images, Scoring.ofLogits(Activation.SOFTMAX)).drift(int8);
      // Eight bits have some 40 dB, and where two of four nearly agree a maximum moves.
      assertThat(drift.relativeError()).isLessThan(0.1);
    }
  }

  /** XCiT's and RelPos networks' tables: computed when the file is loaded, no layers of images. */
  @ParameterizedTest
  @ValueSource(
      strings = {
        "torch.conv2d(self.t, self.b, None, [1, 1], [1, 1])",
        "torch.relu(torch.conv2d(torch.gelu(torch.conv2d(self.t, self.c, None, [1, 1], [1, 1])),"
            + " self.b, None, [1, 1], [1, 1]))",
        "torch.matmul(torch.gelu(self.t), self.m)",
      })
  void constantsOnIntegers(String table) throws IOException {
    Map<String, Tensor> weights =
        Map.of(
            "a", Archives.weight("a", 8, 3, 7, 7),
            "b", Archives.weight("b", 8, 16, 3, 3),
            "c", Archives.weight("c", 16, 16, 3, 3),
            "d", Archives.weight("d", 8, 8, 5, 5),
            "m", Archives.weight("m", 10, 10),
            "t", Archives.weight("t", 1, 16, 10, 10));
    String images = "torch.conv2d(x, self.a)";
    String added =
        table.contains("matmul")
            ? "torch.mul(%s, torch.mean(%s))".formatted(images, table)
            : "torch.add(%s, %s)".formatted(images, table);
    OnnxGraph fp32 = graph("torch.conv2d(%s, self.d)".formatted(added), weights);
    try (CalibrationSet set = SmallNetworks.images("calibrate", 8)) {
      Quantized int8 = SmallNetworks.int8(fp32, set, line -> {});
      assertThat(int8.layers().orElseThrow().all()).isEqualTo(2);
      assertThat(
              Reference.of(fp32, set, Scoring.ofLogits(Activation.SOFTMAX))
                  .drift(int8.graph())
                  .relativeError())
          .isLessThan(0.01);
    }
  }

  @Test
  void whatHasNoLayersForIntegersIsRefused() throws IOException {
    OnnxGraph fp32 = graph("torch.relu(x)", Map.of());
    try (CalibrationSet images = SmallNetworks.images("calibrate", 2)) {
      assertThatThrownBy(() -> SmallNetworks.int8(fp32, images, line -> {}))
          .isInstanceOfSatisfying(
              Failure.class, e -> assertThat(e.code()).isEqualTo(ExitCode.UNSUPPORTED))
          .hasMessageContaining("finds nothing to compute on integers");
    }
  }

  private OnnxGraph graph(String expression, Map<String, Tensor> weights) throws IOException {
    String size = String.valueOf(SmallNetworks.SIZE);
    String written = expression.replace("X", COARSE).replace("SIZE", size);
    Path archive = Archives.of(folder, "  return torch.flatten(" + written + ", 1)\n", weights);
    TraceOptions options = TraceOptions.of(3, SmallNetworks.SIZE, SmallNetworks.SIZE);
    OnnxGraph graph = GraphLowering.lower(Tracer.trace(ArchiveReader.read(archive), options), 17);
    Passes.run(graph);
    return graph;
  }
}
