package dev.lapidary.exporter.quantize;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.lapidary.core.card.Activation;
import dev.lapidary.core.card.ModelCard.Fallback;
import dev.lapidary.core.card.Scoring;
import dev.lapidary.core.failure.ExitCode;
import dev.lapidary.core.failure.Failure;
import dev.lapidary.exporter.onnx.OnnxGraph;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;

class DynamicInt8Test {
  @Test
  void everyMatrixProductIsFusedAndTheLogitsAgree() {
    OnnxGraph fp32 = SmallNetworks.transformer();
    try (CalibrationSet images = SmallNetworks.images("dynamic", 16)) {
      List<String> lines = new ArrayList<>();
      Quantized q =
          DynamicInt8.quantize(fp32, images, Scoring.ofLogits(Activation.SOFTMAX), lines::add);
      assertThat(lines.get(0)).startsWith("int8-dynamic: 3 of 4 layers with weights on integers, ");
      assertThat(lines)
          .contains(
              "int8-dynamic: float: Conv: one range an image for all channels ruins convolutions");
      FusionLint lint = FusionLint.of(q.graph(), List.of());
      assertThat(lint.operators())
          .containsAllEntriesOf(Map.of("DynamicQuantizeMatMul", 3, "Conv", 1))
          .doesNotContainKeys("MatMul", "Gemm", "MatMulInteger");
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

  @Test
  void refusesAModelWithoutMatrixProducts() {
    try (CalibrationSet images = SmallNetworks.images("dynamic", 1)) {
      assertThatThrownBy(
              () ->
                  DynamicInt8.quantize(
                      SmallNetworks.fullyConvolutional(),
                      images,
                      Scoring.ofLogits(Activation.SOFTMAX),
                      line -> {}))
          .isInstanceOfSatisfying(
              Failure.class, f -> assertThat(f.code()).isEqualTo(ExitCode.BAD_INPUT))
          .hasMessageContaining("--quantize int8 with --calibration");
    }
  }
}
