package dev.lapidary.exporter.quantize;

import static org.assertj.core.api.Assertions.assertThat;

import dev.lapidary.core.Golden;
import dev.lapidary.core.tensor.DType;
import dev.lapidary.core.tensor.Tensor;
import dev.lapidary.core.tensor.Uniform;
import dev.lapidary.exporter.lower.GraphLowering;
import dev.lapidary.exporter.onnx.OnnxGraph;
import dev.lapidary.exporter.onnx.OnnxNode;
import dev.lapidary.exporter.pass.Passes;
import dev.lapidary.exporter.testing.OrtRun;
import dev.lapidary.exporter.verify.LoadedModel;
import dev.lapidary.exporter.verify.ModelRuntime;
import dev.lapidary.torchscript.archive.ArchiveWriter;
import dev.lapidary.torchscript.archive.TorchScriptArchive;
import dev.lapidary.torchscript.pt2.NetworkFile;
import dev.lapidary.torchscript.trace.OutputChoice;
import dev.lapidary.torchscript.trace.TraceOptions;
import dev.lapidary.torchscript.trace.Tracer;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/**
 * Programs that PyTorch 2.15 with torchao 0.18 quantized (PT2E): the same convolutions, one behind
 * a residual sum, and a linear layer. One has signed activations and folded weights (XNNPACK's
 * quantizer), the other activations of 7 bits and weights that the program rounds itself (X86's).
 */
class QuantizedProgramsTest {
  private static final float[] SIGNED = {
    0.08494870f, 0.29187500f, -0.07187966f, 0.21346082f, -0.19821362f,
    0.06098881f, 0.29187500f, -0.07623601f, 0.19167911f, -0.18950093f
  };
  private static final float[] REDUCED = {
    0.10287818f, -0.00030100f, 0.18449113f, 0.04393691f, -0.12175754f,
    0.10364169f, -0.01867011f, 0.19656019f, 0.05037880f, -0.13317975f
  };

  /** Of the signed one's result: what kernels on integers may round otherwise. */
  private static final float STEP = 0.0044f;

  private static final Tensor IMAGES = Uniform.tensor("input", 2, 3, 16, 16);

  @TempDir Path folder;

  @Test
  void integersAreFusedAsThoseThatAreMadeHere() {
    OnnxGraph graph = graph("signed");
    assertThat(weights(graph)).hasSize(4).allMatch(weight -> weight.dtype() == DType.INT8);
    FusionLint lint = FusionLint.of(graph, layers(graph));
    assertThat(lint.unfused()).isEmpty();
    assertThat(lint.operators())
        .containsEntry("QLinearConv", 3)
        .containsEntry("QGemm", 1)
        .containsEntry("QLinearAdd", 1)
        .containsEntry("QLinearMul", 1)
        .doesNotContainKeys("Conv", "FusedConv", "Gemm");
    assertThat(OrtRun.first(graph, IMAGES).toFloats()).containsExactly(SIGNED, within(STEP));
    assertThat(OrtRun.optimized(graph, IMAGES).toFloats()).containsExactly(SIGNED, within(STEP));
  }

  /** Its results are floats: only what stands between two roundings can run on integers. */
  @Test
  void sevenBitsAndWeightsThatTheProgramRoundsAreFusedToo() {
    OnnxGraph graph = graph("reduced");
    assertThat(weights(graph)).hasSize(4).allMatch(weight -> weight.dtype() == DType.INT8);
    FusionLint lint = FusionLint.of(graph, layers(graph));
    assertThat(lint.operators()).containsEntry("QLinearConv", 2);
    assertThat(OrtRun.first(graph, IMAGES).toFloats()).containsExactly(REDUCED, within(1e-6f));
  }

  /** libtorch of old, too: the same numbers as PyTorch's own operators give, to the last step. */
  @Test
  void libtorchGivesPyTorchsLogits() {
    assertThat(libtorch("signed")).containsExactly(SIGNED, within(1e-7f));
    assertThat(libtorch("reduced")).containsExactly(REDUCED, within(1e-6f));
  }

  private static org.assertj.core.data.Offset<Float> within(float offset) {
    return org.assertj.core.data.Offset.offset(offset);
  }

  private float[] libtorch(String name) {
    Path printed = folder.resolve(name + ".pt");
    ArchiveWriter.write(read(name), printed);
    try (LoadedModel model = LoadedModel.open(ModelRuntime.LIBTORCH, printed, OutputChoice.FIRST)) {
      return model.run(IMAGES).values();
    }
  }

  private static TorchScriptArchive read(String name) {
    return NetworkFile.read(Golden.file("pt2/quantized-" + name + ".pt2"));
  }

  private static OnnxGraph graph(String name) {
    OnnxGraph graph = GraphLowering.lower(Tracer.trace(read(name), TraceOptions.of(3, 16, 16)), 17);
    Passes.run(graph);
    return graph;
  }

  private static List<OnnxNode> layers(OnnxGraph graph) {
    return graph.nodes().stream().filter(node -> node.is("Conv", "Gemm")).toList();
  }

  /** What the layers' DequantizeLinear nodes read. */
  private static List<Tensor> weights(OnnxGraph graph) {
    return layers(graph).stream()
        .map(layer -> graph.producer(layer.input(1)).orElseThrow())
        .map(dequantize -> graph.initializer(dequantize.input(0)).orElseThrow())
        .toList();
  }
}
