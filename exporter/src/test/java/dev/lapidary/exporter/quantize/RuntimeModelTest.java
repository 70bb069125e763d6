package dev.lapidary.exporter.quantize;

import static org.assertj.core.api.Assertions.assertThat;

import dev.lapidary.core.card.Activation;
import dev.lapidary.core.card.Scoring;
import dev.lapidary.core.tensor.DType;
import dev.lapidary.core.tensor.Tensor;
import dev.lapidary.core.tensor.Uniform;
import dev.lapidary.exporter.onnx.OnnxGraph;
import dev.lapidary.exporter.onnx.OnnxNode;
import dev.lapidary.exporter.onnx.OnnxWriter;
import dev.lapidary.exporter.onnx.ValueInfo;
import dev.lapidary.exporter.testing.OrtRun;
import dev.lapidary.torchscript.graph.SymInt;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/**
 * Every model goes to the runtime as one of over 2 GiB must: its large weights in a second file.
 */
class RuntimeModelTest {
  private static final long[] SHAPE = {2, 3, 16, 16};

  /** As ONNX Runtime gives them for the same graph in one array, without its optimizations. */
  @Test
  void valuesAreThoseOfTheGraph() {
    Tensor input = Uniform.tensor("x", SHAPE);
    ByteBuffer batch = ByteBuffer.allocateDirect(2 * 768 * 4).order(ByteOrder.nativeOrder());
    batch.asFloatBuffer().put(input.toFloats());
    try (RuntimeModel model = RuntimeModel.observing(layer(), Set.of("flat"))) {
      List<Tensor> found = model.run(batch, SHAPE, List.of("flat", "y"));
      assertThat(found.get(0).toFloats()).isEqualTo(input.toFloats());
      assertThat(found.get(1).toFloats()).isEqualTo(OrtRun.first(layer(), input).toFloats());
    }
  }

  /** What each method makes of a weight that lies in the second file, int8 included. */
  @ParameterizedTest
  @EnumSource(mode = EnumSource.Mode.EXCLUDE, names = "NONE")
  void everyMethodRunsOnWeightsInASecondFile(QuantizeMethod method) {
    try (CalibrationSet images = CalibrationSet.uniform(3, 16, 16, 8)) {
      Quantized quantized =
          switch (method) {
            case NONE -> throw new IllegalStateException();
            case INT8 -> SmallNetworks.int8(layer(), images, line -> {});
            case INT8_DYNAMIC ->
                DynamicInt8.quantize(
                    layer(), images, Scoring.ofLogits(Activation.SOFTMAX), Target.CPU, line -> {});
            case FP16 ->
                HalfPrecision.quantize(
                    layer(), images, Scoring.ofLogits(Activation.SOFTMAX), line -> {});
          };
      assertThat(OnnxWriter.weightBytes(quantized.graph())).isLessThan(768 * 128 * 4);
      assertThat(quantized.graph().initializers().values())
          .as("a weight that goes into the second file")
          .anyMatch(tensor -> tensor.numel() * tensor.dtype().bytes() >= 1 << 16);
      // Eight bits in and eight bits of weights, summed over 768 products: some thousandths.
      assertThat(
              Reference.of(layer(), images, Scoring.ofLogits(Activation.SOFTMAX))
                  .drift(quantized.graph())
                  .relativeError())
          .isLessThan(1e-3);
    }
  }

  /** A weight of 400 kB: smaller ones than 64 kB stay in the model's own file. */
  private static OnnxGraph layer() {
    OnnxGraph graph = new OnnxGraph("layer", 17);
    graph.addInput(
        ValueInfo.of(
            "x", DType.FLOAT32, List.of(SymInt.BATCH, SymInt.of(3), SymInt.of(16), SymInt.of(16))));
    graph.setInitializer("w", Uniform.tensor("w", 768, 128));
    graph.add(new OnnxNode("a", "Flatten", List.of("x"), List.of("flat"), Map.of()));
    graph.add(new OnnxNode("b", "MatMul", List.of("flat", "w"), List.of("y"), Map.of()));
    graph.addOutput(ValueInfo.of("y", DType.FLOAT32, List.of(SymInt.BATCH, SymInt.of(128))));
    return graph;
  }
}
