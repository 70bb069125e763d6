package dev.lapidary.exporter.quantize;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import dev.lapidary.core.card.Activation;
import dev.lapidary.core.card.ModelCard.Fallback;
import dev.lapidary.core.card.Scoring;
import dev.lapidary.core.failure.ExitCode;
import dev.lapidary.core.failure.Failure;
import dev.lapidary.core.tensor.DType;
import dev.lapidary.core.tensor.Tensor;
import dev.lapidary.exporter.onnx.Attribute;
import dev.lapidary.exporter.onnx.OnnxGraph;
import dev.lapidary.exporter.onnx.OnnxNode;
import dev.lapidary.exporter.onnx.OnnxWriter;
import dev.lapidary.exporter.testing.GraphOf;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.function.Supplier;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

class HalfPrecisionTest {
  static Stream<Supplier<OnnxGraph>> networks() {
    return Stream.of(
        SmallNetworks::residual,
        SmallNetworks::mobile,
        SmallNetworks::efficient,
        SmallNetworks::dense,
        SmallNetworks::transformer,
        SmallNetworks::fullyConvolutional);
  }

  @ParameterizedTest
  @MethodSource("networks")
  void loadsAndGivesAlmostTheSameLogits(Supplier<OnnxGraph> network) {
    OnnxGraph fp32 = network.get();
    try (CalibrationSet images = SmallNetworks.images("fp16", 16)) {
      Quantized half =
          HalfPrecision.quantize(fp32, images, Scoring.ofLogits(Activation.SOFTMAX), line -> {});
      // float16 has 11 bits: 2^-11 relative a rounding, a few roundings, all squared.
      assertThat(
              Reference.of(fp32, images, Scoring.ofLogits(Activation.SOFTMAX))
                  .drift(half.graph())
                  .relativeError())
          .isLessThan(1e-5);
      assertThat(half.graph().inputs()).isEqualTo(fp32.inputs());
      assertThat(half.graph().outputs()).isEqualTo(fp32.outputs());
      assertThat(half.card().method()).isEqualTo("fp16");
    }
  }

  @Test
  void weightsAreHalvesAndNormalizationStaysFloat() {
    try (CalibrationSet images = SmallNetworks.images("fp16", 2)) {
      Quantized half =
          HalfPrecision.quantize(
              SmallNetworks.transformer(),
              images,
              Scoring.ofLogits(Activation.SOFTMAX),
              line -> {});
      assertThat(half.card().fallbacks())
          .containsExactly(new Fallback("2 x LayerNormalization", "its sums leave float16"));
      OnnxGraph graph = half.graph();
      for (OnnxNode node : graph.nodes()) {
        if (node.is("Conv", "MatMul", "Gemm")) {
          assertThat(graph.initializer(node.input(1)).orElseThrow().dtype())
              .isEqualTo(DType.FLOAT16);
        }
        if (node.is("LayerNormalization")) {
          assertThat(graph.initializer(node.input(1)).orElseThrow().dtype())
              .isEqualTo(DType.FLOAT32);
        }
      }
    }
  }

  /** Numbers of some thousands, and their squares. */
  @Test
  void sumsBeyondItsRangeAreRefused() {
    OnnxGraph graph =
        new GraphOf(3, SmallNetworks.SIZE, SmallNetworks.SIZE)
            .number("thousands", 4000)
            .node("large", "Mul", "x", "thousands")
            .node("square", "Mul", "large", "large")
            .node("pooled", "GlobalAveragePool", "square")
            .node("y", "Flatten", "pooled")
            .output("y", 3);
    try (CalibrationSet images = SmallNetworks.images("fp16", 4)) {
      assertThatThrownBy(
              () ->
                  HalfPrecision.quantize(
                      graph, images, Scoring.ofLogits(Activation.SOFTMAX), line -> {}))
          .isInstanceOfSatisfying(
              Failure.class, e -> assertThat(e.code()).isEqualTo(ExitCode.GATE_REFUSED))
          .hasMessage(
              "fp16: it answers NaN or infinity to some of 4 images: a sum is beyond what its numbers"
                  + " hold (float16: +-65504); nothing is written: export it as float32, or with"
                  + " --quantize int8");
    }
  }

  /** Deviations of some hundreds, whose squares float16 cannot hold, as before opset 17. */
  @Test
  void aNormalizationThatIsWrittenOutAndSoftmaxStayFloat() {
    long[] axes = {-1};
    Map<String, Attribute> last = Map.of("axes", Attribute.of(axes), "keepdims", Attribute.of(1));
    try (CalibrationSet images = SmallNetworks.images("fp16", 4)) {
      OnnxGraph graph =
          new GraphOf(3, SmallNetworks.SIZE, SmallNetworks.SIZE)
              .number("thousand", 1000)
              .number("epsilon", 1e-5f)
              .node("large", "Mul", "x", "thousand")
              .node("mean", "ReduceMean", last, "large")
              .node("centred", "Sub", "large", "mean")
              .node("square", "Mul", "centred", "centred")
              .node("variance", "ReduceMean", last, "square")
              .node("sum", "Add", "variance", "epsilon")
              .node("deviation", "Sqrt", "sum")
              .node("normalized", "Div", "centred", "deviation")
              .node("weights", "Softmax", Map.of("axis", Attribute.of(-1)), "normalized")
              .node("product", "Mul", "weights", "normalized")
              .node("pooled", "GlobalAveragePool", "product")
              .node("y", "Flatten", "pooled")
              .output("y", 2);
      Quantized half =
          HalfPrecision.quantize(graph, images, Scoring.ofLogits(Activation.SOFTMAX), line -> {});
      // The mean is taken off numbers that were rounded to float16: a digit more than above.
      assertThat(
              Reference.of(graph, images, Scoring.ofLogits(Activation.SOFTMAX))
                  .drift(half.graph())
                  .relativeError())
          .isLessThan(1e-4);
      assertThat(half.card().fallbacks())
          .extracting(Fallback::layer)
          .containsExactly("Add", "Div", "Mul", "2 x ReduceMean", "Softmax", "Sqrt", "Sub");
    }
  }

  /** As zeros are made that a batch's scatter or recurrence begins with. */
  @Test
  void whatIsFilledAtRunTimeIsFloat16Too() {
    try (CalibrationSet images = SmallNetworks.images("fp16", 4)) {
      Attribute filling = new Attribute.Constant(Tensor.of(new float[] {0.5f}, 1));
      OnnxGraph graph =
          new GraphOf(3, SmallNetworks.SIZE, SmallNetworks.SIZE)
              .node("shape", "Shape", "x")
              .node("filled", "ConstantOfShape", Map.of("value", filling), "shape")
              .node("sum", "Add", "x", "filled")
              .node("pooled", "GlobalAveragePool", "sum")
              .node("y", "Flatten", "pooled")
              .output("y", 2);
      Quantized half =
          HalfPrecision.quantize(graph, images, Scoring.ofLogits(Activation.SOFTMAX), line -> {});
      assertThat(
              Reference.of(graph, images, Scoring.ofLogits(Activation.SOFTMAX))
                  .drift(half.graph())
                  .relativeError())
          .isLessThan(1e-5);
      assertThat(half.card().fallbacks()).isEmpty();
    }
  }

  @Test
  void whatFloat16CannotHoldIsClampedAndSaid() {
    OnnxGraph fp32 = SmallNetworks.fullyConvolutional();
    Tensor bias = Tensor.of(new float[] {1e6f, -1e6f, 0, 1, 2, 3, 65504}, 7);
    fp32.setInitializer("classes.bias", bias);
    List<String> log = new ArrayList<>();
    try (CalibrationSet images = SmallNetworks.images("fp16", 2)) {
      OnnxGraph half =
          HalfPrecision.quantize(fp32, images, Scoring.ofLogits(Activation.SOFTMAX), log::add)
              .graph();
      assertThat(half.initializer("classes.bias/fp16").orElseThrow().toFloats())
          .containsExactly(new float[] {65504, -65504, 0, 1, 2, 3, 65504}, within(0f));
      assertThat(log).contains("warning: 2 weights were beyond +-65504 and are clamped to it");
    }
  }

  @Test
  void equalInputsGiveEqualBytes() {
    try (CalibrationSet images = SmallNetworks.images("fp16", 2)) {
      assertThat(OnnxWriter.bytes(half(images))).isEqualTo(OnnxWriter.bytes(half(images)));
    }
  }

  private static OnnxGraph half(CalibrationSet images) {
    return HalfPrecision.quantize(
            SmallNetworks.transformer(), images, Scoring.ofLogits(Activation.SOFTMAX), line -> {})
        .graph();
  }
}
