package dev.lapidary.exporter.quantize;

import static org.assertj.core.api.Assertions.assertThat;

import dev.lapidary.exporter.onnx.OnnxGraph;
import dev.lapidary.exporter.onnx.OnnxNode;
import dev.lapidary.exporter.onnx.ValueInfo;
import dev.lapidary.models.graph.Dim;
import dev.lapidary.models.tensor.DType;
import dev.lapidary.models.tensor.Tensor;
import dev.lapidary.models.tensor.Uniform;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;

class RuntimeModelTest {
  /** More weights than one array may hold: here, more than none. */
  private static final long NONE = 0;

  @Test
  void aModelThatGoesByFilesGivesWhatOneInAnArrayGives() {
    OnnxGraph graph = layer();
    List<String> values = List.of("flat", "y");
    List<Tensor> byArray = run(graph, values, RuntimeModel.MAX_ARRAY_BYTES);
    List<Tensor> byFiles = run(graph, values, NONE);
    for (int i = 0; i < values.size(); i++) {
      assertThat(byFiles.get(i).toFloats()).isEqualTo(byArray.get(i).toFloats());
    }
  }

  private static List<Tensor> run(OnnxGraph graph, List<String> values, long maxArrayBytes) {
    ByteBuffer batch = ByteBuffer.allocateDirect(2 * 768 * 4).order(ByteOrder.nativeOrder());
    batch.asFloatBuffer().put(Uniform.tensor("x", 2, 3, 16, 16).toFloats());
    try (RuntimeModel model = RuntimeModel.load(graph, values, 1, maxArrayBytes)) {
      return model.run(batch, new long[] {2, 3, 16, 16}, values).stream()
          .map(Tensor::copy)
          .toList();
    }
  }

  /** A weight of 400 kB: smaller ones stay in the model's own file. */
  private static OnnxGraph layer() {
    OnnxGraph graph = new OnnxGraph("layer", 17);
    graph.addInput(
        ValueInfo.of("x", DType.FLOAT32, List.of(Dim.BATCH, Dim.of(3), Dim.of(16), Dim.of(16))));
    graph.setInitializer("w", Uniform.tensor("w", 768, 128));
    graph.add(new OnnxNode("a", "Flatten", List.of("x"), List.of("flat"), Map.of()));
    graph.add(new OnnxNode("b", "MatMul", List.of("flat", "w"), List.of("y"), Map.of()));
    graph.addOutput(ValueInfo.of("y", DType.FLOAT32, List.of(Dim.BATCH, Dim.of(128))));
    return graph;
  }
}
