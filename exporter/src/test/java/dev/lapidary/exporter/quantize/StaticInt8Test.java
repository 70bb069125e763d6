package dev.lapidary.exporter.quantize;

import static org.assertj.core.api.Assertions.assertThat;

import dev.lapidary.core.card.Activation;
import dev.lapidary.core.card.ModelCard.Fallback;
import dev.lapidary.core.card.Scoring;
import dev.lapidary.exporter.onnx.OnnxGraph;
import dev.lapidary.exporter.onnx.OnnxWriter;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.function.Supplier;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;

class StaticInt8Test {
  static Stream<Arguments> networks() {
    return Stream.of(
        network(
            "residual",
            SmallNetworks::residual,
            Map.of("QLinearConv", 4, "QLinearAdd", 1, "QLinearGlobalAveragePool", 1, "QGemm", 1)),
        network(
            "mobile",
            SmallNetworks::mobile,
            // The stem has 27 weights an output and stays float. Each of HardSwish and HardSigmoid
            // is an addition; HardSwish and the gate multiply.
            Map.of("Conv", 1, "QLinearConv", 3, "QLinearAdd", 2, "QLinearMul", 2, "QGemm", 1)),
        network(
            "efficient",
            SmallNetworks::efficient,
            Map.of("Conv", 1, "QLinearConv", 4, "QLinearSigmoid", 4, "QLinearMul", 4, "QGemm", 1)),
        network(
            "dense",
            SmallNetworks::dense,
            // Two of the three are BatchNormalizations.
            Map.of("Conv", 1, "QLinearConv", 3, "QLinearConcat", 1, "QGemm", 1)),
        network(
            "transformer",
            SmallNetworks::transformer,
            Map.of("Conv", 1, "MatMulIntegerToFloat", 2, "QGemm", 1)),
        network(
            "decoder",
            SmallNetworks::decoder,
            // The stem stays float, and what is behind the Softmax.
            Map.of("QLinearConv", 1, "QLinearLeakyRelu", 2, "ConvTranspose", 1, "Softmax", 1)),
        network(
            "fully convolutional",
            SmallNetworks::fullyConvolutional,
            // One of the three is the average pooling.
            Map.of("QLinearConv", 3, "QLinearGlobalAveragePool", 1)));
  }

  @ParameterizedTest(name = "{0}")
  @MethodSource("networks")
  void runsOnIntegersAndAgreesOnOtherImages(
      String name, Supplier<OnnxGraph> network, Map<String, Integer> expected) {
    OnnxGraph fp32 = network.get();
    try (CalibrationSet images = SmallNetworks.images("calibrate", 32);
        CalibrationSet others = SmallNetworks.images("held out", 64)) {
      OnnxGraph int8 = SmallNetworks.int8(fp32, images, line -> {}).graph();
      FusionLint lint =
          FusionLint.of(int8, Int8Plan.of(NormalizeForInt8.of(fp32), Set.of()).layers());
      assertThat(lint.operators()).containsAllEntriesOf(expected);
      assertThat(lint.operators())
          .doesNotContainKeys("BatchNormalization", "Relu", "Clip", "HardSwish", "HardSigmoid");
      assertThat(lint.unfused()).isEmpty();
      Drift drift = Reference.of(fp32, others, Scoring.ofLogits(Activation.SOFTMAX)).drift(int8);
      // A tensor at 8 bits has some 40 dB; random weights leave the logits small beside what they
      // are summed from, so that 20 dB of the logits must be left.
      assertThat(drift.relativeError()).isLessThan(1e-2);
      assertThat(drift.agreement()).isGreaterThan(0.9);
    }
  }

  @Test
  void equalInputsGiveEqualBytes() {
    try (CalibrationSet images = SmallNetworks.images("calibrate", 16);
        CalibrationSet same = SmallNetworks.images("calibrate", 16)) {
      Quantized a = SmallNetworks.int8(SmallNetworks.mobile(), images, line -> {});
      Quantized b = SmallNetworks.int8(SmallNetworks.mobile(), same, line -> {});
      assertThat(OnnxWriter.bytes(a.graph())).isEqualTo(OnnxWriter.bytes(b.graph()));
      assertThat(a.card()).isEqualTo(b.card());
    }
  }

  @Test
  void theCardSaysWhatStayedFloatAndWhy() {
    try (CalibrationSet images = SmallNetworks.images("calibrate", 16)) {
      Quantized q = SmallNetworks.int8(SmallNetworks.transformer(), images, line -> {});
      assertThat(q.card().fallbacks())
          .contains(
              new Fallback(
                  "2 x LayerNormalization",
                  "ONNX Runtime has no integer kernel for it on the CPU"));
      assertThat(q.card().calibrationImages()).isEqualTo(16);
      assertThat(q.card().calibrationSha256()).hasSize(64);
      assertThat(q.card().logitNoise()).isPositive();
      assertThat(
              SmallNetworks.int8(SmallNetworks.residual(), images, line -> {}).card().fallbacks())
          .isEmpty();
    }
  }

  /** Of all layers with weights, not of those that were planned. */
  @Test
  void theLineSaysHowManyLayersStayedFloatAndWhy() {
    List<String> lines = new ArrayList<>();
    try (CalibrationSet images = SmallNetworks.images("calibrate", 16)) {
      Quantized q = SmallNetworks.int8(SmallNetworks.decoder(), images, lines::add);
      WeightedLayers layers = q.layers().orElseThrow();
      assertThat(layers.operators())
          .containsExactlyInAnyOrderEntriesOf(
              Map.of("stem", "Conv", "wide", "Conv", "back", "ConvTranspose", "fc", "Gemm"));
      assertThat(layers.floats()).containsExactlyInAnyOrder("stem", "back");
      assertThat(lines.get(0))
          .startsWith("int8: 2 of 4 layers with weights on integers, ranges by");
      assertThat(lines)
          .contains(
              "int8: float: Conv: too little work for each output: quantizing its input would cost"
                  + " more than it saves",
              "int8: float: ConvTranspose: ONNX Runtime has no integer kernel for it on the CPU");
      // It has one of Softmax, which behind integers is not used.
      assertThat(q.card().fallbacks())
          .contains(
              new Fallback(
                  "Softmax", "this export does not use ONNX Runtime's QLinearSoftmax for it"));
    }
  }

  @Test
  void weightsAreOneByteEach() {
    try (CalibrationSet images = SmallNetworks.images("calibrate", 16)) {
      OnnxGraph fp32 = SmallNetworks.residual();
      long floats =
          fp32.initializers().values().stream()
              .filter(t -> t.rank() > 1)
              .mapToLong(t -> t.numel())
              .sum();
      OnnxGraph int8 = SmallNetworks.int8(fp32, images, line -> {}).graph();
      long bytes =
          int8.initializers().values().stream()
              .filter(t -> t.rank() > 1)
              .mapToLong(t -> t.numel() * t.dtype().bytes())
              .sum();
      assertThat(bytes).isEqualTo(floats);
    }
  }

  private static Arguments network(
      String name, Supplier<OnnxGraph> network, Map<String, Integer> operators) {
    return Arguments.of(name, network, operators);
  }
}
