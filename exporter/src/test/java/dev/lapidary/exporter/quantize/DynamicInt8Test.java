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
import dev.lapidary.core.tensor.Uniform;
import dev.lapidary.exporter.onnx.OnnxGraph;
import dev.lapidary.exporter.onnx.OnnxNode;
import dev.lapidary.exporter.onnx.ValueInfo;
import dev.lapidary.torchscript.graph.SymInt;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class DynamicInt8Test {
  @Test
  void everyMatrixProductIsOfIntegersAndTheLogitsAgree() {
    OnnxGraph fp32 = SmallNetworks.transformer();
    try (CalibrationSet images = SmallNetworks.images("dynamic", 16)) {
      List<String> lines = new ArrayList<>();
      Quantized q =
          DynamicInt8.quantize(
              fp32, images, Scoring.ofLogits(Activation.SOFTMAX), Target.CPU, lines::add);
      assertThat(lines.get(0))
          .startsWith("int8-dynamic-rows: 3 of 4 layers with weights on integers, ");
      assertThat(lines)
          .contains(
              "int8-dynamic-rows: float: Conv: one range an image for all channels ruins"
                  + " convolutions");
      FusionLint lint = FusionLint.of(q.graph(), List.of());
      assertThat(lint.operators())
          .containsAllEntriesOf(Map.of("MatMulInteger", 3, "Conv", 1))
          .doesNotContainKeys("MatMul", "Gemm", "DynamicQuantizeLinear");
      assertThat(
              Reference.of(fp32, images, Scoring.ofLogits(Activation.SOFTMAX))
                  .drift(q.graph())
                  .relativeError())
          .isLessThan(5e-3);
      assertThat(q.card().fallbacks())
          .containsExactly(
              new Fallback("Conv", "one range an image for all channels ruins convolutions"));
    }
  }

  /** Beside an image a thousand times as bright, which one range for all would be taken from. */
  @Test
  void anAnswerDoesNotDependOnTheBatch() {
    try (CalibrationSet images = SmallNetworks.images("dynamic", 3)) {
      CalibrationSet batch = new CalibrationSet(3, SmallNetworks.SIZE, SmallNetworks.SIZE);
      float[] image = new float[images.imageLength()];
      for (int i = 0; i < 3; i++) {
        images.one(i).asFloatBuffer().get(image);
        for (int k = 0; k < image.length; k++) {
          image[k] *= i == 1 ? 1000 : i == 2 ? 0 : 1;
        }
        batch.add(image);
      }
      OnnxGraph graph =
          DynamicInt8.quantize(
                  SmallNetworks.transformer(),
                  images,
                  Scoring.ofLogits(Activation.SOFTMAX),
                  Target.CPU,
                  line -> {})
              .graph();
      try (batch;
          RuntimeModel model = RuntimeModel.load(graph, 1)) {
        float[] together = model.logits(batch.batch(0, 3), batch.shape(3));
        int classes = together.length / 3;
        for (int i = 0; i < 3; i++) {
          float[] alone = model.logits(batch.one(i), batch.shape(1));
          assertThat(Arrays.copyOfRange(together, i * classes, (i + 1) * classes))
              .containsExactly(alone, within(1e-5f));
        }
      }
    }
  }

  /** From opset 18 on ReduceMax takes its axes as an input; a product of three shares its rows. */
  @ParameterizedTest
  @ValueSource(ints = {13, 17, 18, 20})
  void productsOfOneValueShareItsIntegersInEveryOpset(int opset) {
    OnnxGraph fp32 = new OnnxGraph("shared", opset);
    fp32.addInput(
        ValueInfo.of(
            "x", DType.FLOAT32, List.of(SymInt.BATCH, SymInt.of(3), SymInt.of(4), SymInt.of(4))));
    fp32.add(new OnnxNode("f", "Flatten", List.of("x"), List.of("flat"), Map.of()));
    for (String name : List.of("q", "k")) {
      fp32.setInitializer(name + ".w", Uniform.tensor(name, 48, 8));
      List<String> inputs = List.of("flat", name + ".w");
      fp32.add(new OnnxNode(name, "MatMul", inputs, List.of(name + "_out"), Map.of()));
    }
    fp32.add(new OnnxNode("sum", "Add", List.of("q_out", "k_out"), List.of("y"), Map.of()));
    fp32.addOutput(ValueInfo.of("y", DType.FLOAT32, List.of(SymInt.BATCH, SymInt.of(8))));
    Scoring scoring = Scoring.ofLogits(Activation.SOFTMAX);
    try (CalibrationSet images = CalibrationSet.uniform(3, 4, 4, 8)) {
      OnnxGraph graph = DynamicInt8.quantize(fp32, images, scoring, Target.CPU, line -> {}).graph();
      assertThat(graph.nodes().stream().filter(n -> n.is("QuantizeLinear"))).hasSize(1);
      assertThat(graph.nodes().stream().filter(n -> n.is("MatMulInteger"))).hasSize(2);
      assertThat(Reference.of(fp32, images, scoring).drift(graph).relativeError()).isLessThan(1e-3);
    }
  }

  @Test
  void refusesAModelWithoutMatrixProducts() {
    try (CalibrationSet images = SmallNetworks.images("dynamic", 1)) {
      assertThatThrownBy(
              () ->
                  DynamicInt8.quantize(
                      SmallNetworks.fullyConvolutional(),
                      images,
                      Scoring.ofLogits(Activation.SOFTMAX),
                      Target.CPU,
                      line -> {}))
          .isInstanceOfSatisfying(
              Failure.class, f -> assertThat(f.code()).isEqualTo(ExitCode.BAD_INPUT))
          .hasMessageContaining("--quantize int8 with --calibration");
    }
  }
}
