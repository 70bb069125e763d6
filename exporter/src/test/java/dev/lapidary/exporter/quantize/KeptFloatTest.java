package dev.lapidary.exporter.quantize;

import static org.assertj.core.api.Assertions.assertThat;

import dev.lapidary.core.card.Activation;
import dev.lapidary.core.card.Scoring;
import dev.lapidary.core.tensor.Tensor;
import dev.lapidary.exporter.onnx.OnnxGraph;
import dev.lapidary.exporter.onnx.OnnxNode;
import dev.lapidary.exporter.pass.DequantizeByChannel;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** A layer that stays float between integers is one in ONNX Runtime too. */
class KeptFloatTest {
  private static final Scoring SCORING = Scoring.ofLogits(Activation.SOFTMAX);

  @ParameterizedTest
  @ValueSource(strings = {"d", "p", "q", "d p", "d p q"})
  void itRunsOnFloatsAndIsNotRoundedByTheRuntime(String names) {
    Set<String> kept = Set.of(names.split(" "));
    OnnxGraph graph = SmallNetworks.inverted();
    Int8Plan plan = Int8Plan.of(graph, kept);
    try (CalibrationSet images = SmallNetworks.images("kept", 16)) {
      OnnxGraph int8 = int8(graph, images, kept);
      assertThat(
              RuntimeNode.optimized(int8).stream()
                  .map(RuntimeNode::operator)
                  .filter(op -> op.endsWith("Conv") && !IntegerKernels.isOne(op)))
          .as("convolutions on floats")
          .hasSize(kept.size());
      FusionLint lint = FusionLint.of(int8, plan.layers());
      assertThat(lint.unfused()).isEmpty();
      assertThat(lint.rounded()).isEmpty();
    }
  }

  /** Of a Gemm of integers and a Relu of floats the runtime makes one layer on floats. */
  @Test
  void aGemmInFrontOfItStaysOnIntegersThoughAReluIsBetween() {
    CostMeasurement.Shape shape = new CostMeasurement.Shape(LayerCost.Kind.MATRIX, 64, 1);
    OnnxGraph int8 = CostMeasurement.integers(CostMeasurement.chain(shape, 3), Set.of("layer2"));
    assertThat(
            RuntimeNode.optimized(int8).stream()
                .map(RuntimeNode::operator)
                .filter(op -> op.endsWith("Gemm")))
        .containsExactly("QGemm", "QGemm", "Gemm", "QGemm");
  }

  /** Should a runtime come that reads scales by channel as one, the lint tells. */
  @Test
  void whatTheRuntimeRoundsItselfIsNoticed() {
    OnnxGraph graph = SmallNetworks.inverted();
    try (CalibrationSet images = SmallNetworks.images("kept", 4)) {
      OnnxGraph int8 = int8(graph, images, Set.of("d"));
      OnnxNode kept = int8.producer("d_out").orElseThrow();
      List<String> inputs = new ArrayList<>(kept.inputs());
      inputs.set(0, inputs.get(0).replace("_by_channel", ""));
      assertThat(int8.producer(inputs.get(0))).isPresent();
      int8.replace(kept, kept.withInputs(inputs));
      assertThat(FusionLint.of(int8, List.of()).rounded()).containsExactly("d");
      assertThat(new DequantizeByChannel().apply(int8)).isEqualTo(1);
      assertThat(FusionLint.of(int8, List.of()).rounded()).isEmpty();
    }
  }

  /** What stays float is not off by more than the integers around it make it. */
  @ParameterizedTest
  @ValueSource(strings = {"d", "d p"})
  void whatStaysFloatIsNearer(String names) {
    OnnxGraph graph = SmallNetworks.inverted();
    // One scale for a whole weight, as the runtime would choose it, leaves nothing of this.
    float[] weight = graph.initializer("d.weight").orElseThrow().toFloats();
    float[] next = graph.initializer("p.weight").orElseThrow().toFloats();
    float[] bias = graph.initializer("d.bias").orElseThrow().toFloats();
    for (int i = 0; i < 9; i++) {
      weight[i] *= 3000;
    }
    bias[0] *= 3000;
    for (int o = 0; o < 24; o++) {
      next[o * 16] /= 3000;
    }
    graph.setInitializer("d.weight", Tensor.of(weight, 16, 1, 3, 3));
    graph.setInitializer("d.bias", Tensor.of(bias, 16));
    graph.setInitializer("p.weight", Tensor.of(next, 24, 16, 1, 1));
    try (CalibrationSet images = SmallNetworks.images("kept", 32)) {
      Observations seen =
          Observations.of(graph, Int8Plan.of(graph, Set.of()).quantizedValues(), images);
      Candidate candidate =
          new Candidate(
              graph,
              seen,
              "",
              new MinMax(),
              WeightRounding.nearest(PairSums.IN_32_BITS),
              false,
              Target.CPU);
      Reference reference = Reference.of(graph, images, SCORING);
      double all = reference.drift(candidate.build(Set.of())).relativeError();
      double kept = reference.drift(candidate.build(Set.of(names.split(" ")))).relativeError();
      assertThat(kept).isLessThan(1.1 * all);
    }
  }

  private static OnnxGraph int8(OnnxGraph graph, CalibrationSet images, Set<String> kept) {
    Observations seen =
        Observations.of(graph, Int8Plan.of(graph, Set.of()).quantizedValues(), images);
    return new Candidate(
            graph,
            seen,
            "",
            new MinMax(),
            WeightRounding.nearest(PairSums.IN_32_BITS),
            false,
            Target.CPU)
        .build(kept);
  }
}
