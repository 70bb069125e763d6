package dev.lapidary.exporter.lower;

import static org.assertj.core.api.Assertions.assertThat;

import dev.lapidary.core.tensor.DType;
import dev.lapidary.core.tensor.Tensor;
import dev.lapidary.core.tensor.Uniform;
import dev.lapidary.exporter.onnx.OnnxGraph;
import dev.lapidary.exporter.pass.Passes;
import dev.lapidary.exporter.testing.Archives;
import dev.lapidary.exporter.testing.OrtRun;
import dev.lapidary.exporter.verify.LoadedModel;
import dev.lapidary.exporter.verify.Logits;
import dev.lapidary.exporter.verify.ModelRuntime;
import dev.lapidary.torchscript.archive.ArchiveReader;
import dev.lapidary.torchscript.graph.Graph;
import dev.lapidary.torchscript.trace.OutputChoice;
import dev.lapidary.torchscript.trace.TraceOptions;
import dev.lapidary.torchscript.trace.Tracer;
import java.io.IOException;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.Map;

/**
 * What a line of TorchScript must hold: libtorch and ONNX Runtime compute the same of it. x:
 * [2,3,8,8] of uniform numbers; {@code self.NAME} are the weights of {@link #WEIGHTS}.
 */
final class OperatorContract {
  private static final Map<String, long[]> WEIGHTS = new LinkedHashMap<>();

  static {
    WEIGHTS.put("w", new long[] {4, 3, 3, 3});
    WEIGHTS.put("w1", new long[] {3, 1, 3, 3});
    WEIGHTS.put("wt", new long[] {3, 4, 2, 2});
    WEIGHTS.put("ct", new long[] {3, 4, 3});
    WEIGHTS.put("b4", new long[] {4});
    WEIGHTS.put("v3", new long[] {3});
    WEIGHTS.put("m3", new long[] {3});
    WEIGHTS.put("eca", new long[] {1, 1, 3});
    WEIGHTS.put("c1", new long[] {4, 3, 3});
    WEIGHTS.put("lin", new long[] {5, 8});
    WEIGHTS.put("b5", new long[] {5});
    WEIGHTS.put("s8", new long[] {8});
    WEIGHTS.put("n8", new long[] {8});
    WEIGHTS.put("c3", new long[] {4, 1, 1, 3, 3});
    WEIGHTS.put("c3t", new long[] {1, 4, 2, 3, 3});
    WEIGHTS.put("c33", new long[] {3, 4, 1, 3, 3});
    WEIGHTS.put("ih", new long[] {20, 8});
    WEIGHTS.put("hh", new long[] {20, 5});
    WEIGHTS.put("ih1", new long[] {20, 10});
    WEIGHTS.put("b20", new long[] {20});
    WEIGHTS.put("gru_i", new long[] {15, 8});
    WEIGHTS.put("gru_h", new long[] {15, 5});
    WEIGHTS.put("gru_o", new long[] {15, 10});
    WEIGHTS.put("b15", new long[] {15});
    WEIGHTS.put("rnn_i", new long[] {5, 8});
    WEIGHTS.put("rnn_h", new long[] {5, 5});
    WEIGHTS.put("rnn_o", new long[] {5, 10});
    WEIGHTS.put("qkv", new long[] {24, 8});
    WEIGHTS.put("qb", new long[] {24});
    WEIGHTS.put("proj", new long[] {8, 8});
    WEIGHTS.put("experts", new long[] {3, 108});
    WEIGHTS.put("depthwise", new long[] {3, 27});
    WEIGHTS.put("bil", new long[] {5, 8, 8});
    WEIGHTS.put("biases", new long[] {3, 4});
    WEIGHTS.put("filter", new long[] {8, 5, 2});
    WEIGHTS.put("pose", new long[] {6, 3});
  }

  private OperatorContract() {}

  /** At each opset as lowered, and after the passes. */
  static void agrees(Path folder, String expression, int... opsets) throws IOException {
    agreesOf(folder, "", expression, opsets);
  }

  /**
   * @param before a line that comes first, or an empty text
   */
  static void agreesOf(Path folder, String before, String expression, int... opsets)
      throws IOException {
    Map<String, Tensor> weights = new LinkedHashMap<>();
    WEIGHTS.forEach(
        (name, shape) -> {
          if (expression.contains("self." + name)) {
            weights.put(name, Uniform.tensor(name, shape));
          }
        });
    String first = before.isEmpty() ? "" : "  " + before + "\n";
    Path archive = Archives.of(folder, first + "  return " + expression + "\n", weights);
    Tensor input = Uniform.tensor("input", 2, 3, 8, 8);
    Logits expected;
    try (LoadedModel model = LoadedModel.open(ModelRuntime.LIBTORCH, archive, OutputChoice.FIRST)) {
      expected = model.run(input);
    }
    Graph traced = Tracer.trace(ArchiveReader.read(archive), TraceOptions.of(3, 8, 8));
    for (int opset : opsets) {
      OnnxGraph graph = GraphLowering.lower(traced, opset);
      assertClose(OrtRun.first(graph, input), expected, "opset " + opset);
      Passes.run(graph);
      assertClose(OrtRun.first(graph, input), expected, "after the passes, opset " + opset);
    }
  }

  private static void assertClose(Tensor found, Logits expected, String what) {
    assertThat(found.dtype()).isEqualTo(DType.FLOAT32);
    float[] values = found.toFloats();
    assertThat(values).as(what).hasSameSizeAs(expected.values());
    double largest = expected.maxAbs();
    for (int i = 0; i < values.length; i++) {
      // Two float32 programs that sum in another order; single steps of exp or erf differ alike.
      assertThat(Math.abs((double) values[i] - expected.values()[i]))
          .as("%s, element %d: %s against %s", what, i, values[i], expected.values()[i])
          .isLessThanOrEqualTo(2e-6 * Math.max(largest, 1));
    }
  }
}
