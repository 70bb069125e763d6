package dev.lapidary.exporter.quantize;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.lapidary.core.card.Activation;
import dev.lapidary.core.card.Scoring;
import dev.lapidary.core.failure.ExitCode;
import dev.lapidary.core.failure.Failure;
import dev.lapidary.core.tensor.DType;
import dev.lapidary.core.tensor.Tensor;
import dev.lapidary.exporter.onnx.Attribute;
import dev.lapidary.exporter.onnx.OnnxGraph;
import dev.lapidary.exporter.onnx.OnnxNode;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.TreeSet;
import java.util.stream.Collectors;
import org.junit.jupiter.api.Test;

/** What {@code --target} makes of a network. */
class TargetTest {
  private static final Scoring SCORING = Scoring.ofLogits(Activation.SOFTMAX);

  private static Quantized int8(OnnxGraph fp32, Target target) {
    try (CalibrationSet calibration = SmallNetworks.images("target", 16);
        CalibrationSet guard = SmallNetworks.images("target guard", 32)) {
      List<float[]> answers = Reference.of(fp32, guard, SCORING).answers();
      return StaticInt8.quantize(
          fp32,
          new Int8Images(calibration, guard, SmallNetworks.argmax(answers)),
          SCORING,
          SmallNetworks.limits(0.1, target),
          false,
          line -> {});
    }
  }

  private static double error(OnnxGraph fp32, OnnxGraph int8) {
    try (CalibrationSet others = SmallNetworks.images("others", 16)) {
      return Reference.of(fp32, others, SCORING).drift(int8).relativeError();
    }
  }

  /** As vpmaddubsw adds them, whichever two of a sum's products come together. */
  private static boolean maySaturate(OnnxGraph graph) {
    for (OnnxNode node : graph.nodes()) {
      Optional<OnnxNode> from = graph.producer(node.input(1));
      if (!node.is("Conv", "Gemm") || from.isEmpty()) {
        continue;
      }
      Tensor weight = graph.initializer(from.get().input(0)).orElseThrow();
      int each = (int) (weight.numel() / weight.size(0));
      if (weight.rank() == 4 && weight.size(1) == 1) {
        continue; // depthwise
      }
      byte[] values = new byte[(int) weight.numel()];
      weight.bytes().get(0, values);
      for (int c = 0; c < weight.size(0); c++) {
        byte[] row = Arrays.copyOfRange(values, c * each, (c + 1) * each);
        Arrays.sort(row);
        if (255 * (row[each - 1] + row[each - 2]) > Short.MAX_VALUE
            || 255 * (row[0] + row[1]) < Short.MIN_VALUE) {
          return true;
        }
      }
    }
    return false;
  }

  /** Every channel of these images reaches the top of its range, so that all need 7 bits. */
  @Test
  void portableWeightsCannotSaturateSixteenBits() {
    OnnxGraph fp32 = SmallNetworks.residual();
    Quantized portable = int8(fp32, Target.PORTABLE);
    Quantized cpu = int8(fp32, Target.CPU);
    assertThat(maySaturate(cpu.graph())).isTrue();
    assertThat(portable.card().target()).isEqualTo("portable");
    assertThat(portable.layers()).isEqualTo(cpu.layers());
    assertThat(error(fp32, portable.graph())).isLessThan(4 * error(fp32, cpu.graph()) + 1e-3);
  }

  /** A channel of the input whose levels stay low lets its weights be of 8 bits. */
  @Test
  void onlyWhatWouldSaturateHasSevenBits() {
    OnnxGraph fp32 = SmallNetworks.chain();
    try (CalibrationSet images = SmallNetworks.images("levels", 8)) {
      Int8Plan plan = Int8Plan.of(fp32, Set.of());
      Observations seen = Observations.of(fp32, plan.quantizedValues(), images);
      OnnxNode b =
          fp32.nodes().stream().filter(n -> n.name().equals("b")).findFirst().orElseThrow();
      Range range = seen.ranges(new MinMax()).getOrDefault(b.input(0), new Range(0, 1));
      PairSums sums = PairSums.in16Bits(seen);
      WeightRounding rounding = WeightRounding.nearest(sums);
      QuantParams full = QuantParams.of(range, QuantType.U8);
      QuantParams low = QuantParams.of(new Range(0, 8 * range.max()), QuantType.U8);
      assertThat(rounding.quantized(fp32, b, new float[0], low))
          .usingRecursiveComparison()
          .isEqualTo(
              WeightRounding.nearest(PairSums.IN_32_BITS).quantized(fp32, b, new float[0], low));
      QuantizedWeight narrow = rounding.quantized(fp32, b, new float[0], full);
      assertThat(sums.saturating(fp32, b, narrow, full)).isEmpty();
      assertThat(
              sums.saturating(
                  fp32,
                  b,
                  WeightRounding.nearest(PairSums.IN_32_BITS)
                      .quantized(fp32, b, new float[0], full),
                  full))
          .contains(true);
      assertThat(PairSums.IN_32_BITS.saturating(fp32, b, narrow, full)).isEmpty();
    }
  }

  /** A kernel of one output a channel adds in 32 bits, one of two outputs does not. */
  @Test
  void depthwiseLayersOfOneOutputKeepEightBits() {
    OnnxGraph graph = SmallNetworks.separable();
    try (CalibrationSet images = SmallNetworks.images("levels", 4)) {
      Set<String> values = Set.of("stem.relu6_out");
      PairSums sums = PairSums.in16Bits(Observations.of(graph, values, images));
      QuantParams input = QuantParams.of(new Range(0, 0.1), QuantType.U8);
      for (int outputs : new int[] {16, 32}) {
        float[] ones = new float[outputs * 9];
        Arrays.fill(ones, 1);
        String weight = graph.addInitializer("w" + outputs, Tensor.of(ones, outputs, 1, 3, 3));
        OnnxNode node =
            new OnnxNode(
                "d" + outputs,
                "Conv",
                List.of("stem.relu6_out", weight),
                List.of("d_out"),
                Map.of("group", Attribute.of(16)));
        QuantizedWeight q =
            WeightRounding.nearest(PairSums.IN_32_BITS).quantized(graph, node, new float[0], input);
        assertThat(sums.saturating(graph, node, q, input).length > 0).isEqualTo(outputs == 32);
      }
    }
  }

  /** Symmetric, biases float, no output of a layer quantized but what is read as integers. */
  @Test
  void tensorRtHasItsRules() {
    OnnxGraph fp32 = SmallNetworks.residual();
    Quantized int8 = int8(fp32, Target.TENSORRT);
    OnnxGraph graph = int8.graph();
    assertThat(int8.card().target()).isEqualTo("tensorrt");
    for (OnnxNode node : graph.nodes()) {
      if (node.is("QuantizeLinear", "DequantizeLinear")) {
        Tensor zero = graph.initializer(node.input(2)).orElseThrow();
        assertThat(zero.dtype()).isEqualTo(DType.INT8);
        assertThat(zero.toFloats()).containsOnly(0);
      }
      if (node.is("Conv", "Gemm")) {
        assertThat(graph.producer(node.input(0)).orElseThrow().op()).isEqualTo("DequantizeLinear");
        assertThat(graph.producer(node.input(1)).orElseThrow().op()).isEqualTo("DequantizeLinear");
        assertThat(graph.initializer(node.input(2)).orElseThrow().dtype()).isEqualTo(DType.FLOAT32);
      }
    }
    OnnxNode add = graph.nodes().stream().filter(n -> n.is("Add")).findFirst().orElseThrow();
    assertThat(graph.producer(add.input(0)).orElseThrow().op()).isEqualTo("Conv");
    assertThat(graph.producer(add.input(1)).orElseThrow().op()).isEqualTo("DequantizeLinear");
    assertThat(int8.layers().orElseThrow().floats()).isEmpty();
    assertThat(error(fp32, graph)).isLessThan(0.01);
  }

  /** A transformer's products of activations stay as they are, its linear layers do not. */
  @Test
  void tensorRtQuantizesLinearLayersBetweenFloats() {
    OnnxGraph graph = int8(SmallNetworks.transformer(), Target.TENSORRT).graph();
    Set<String> read =
        graph.nodes().stream()
            .filter(n -> n.is("MatMul", "Gemm", "Conv"))
            .map(n -> graph.producer(n.input(1)).map(OnnxNode::op).orElse("none"))
            .collect(Collectors.toCollection(TreeSet::new));
    assertThat(read).containsExactly("DequantizeLinear");
  }

  @Test
  void inTheBrowserDepthwiseAndMatrixLayersStayFloat() {
    OnnxGraph fp32 = SmallNetworks.residual();
    Quantized web = int8(fp32, Target.WEB);
    assertThat(web.card().target()).isEqualTo("web");
    assertThat(web.layers().orElseThrow().floats()).contains("fc");
    assertThat(web.layers().orElseThrow().onIntegers()).isPositive();
    assertThat(web.card().fallbacks())
        .anySatisfy(f -> assertThat(f.reason()).isEqualTo(WebLayers.REASON));
  }

  /** Around depthwise layers the conversions cost more than all else saves. */
  @Test
  void whatTheBrowserWouldOnlyBeSlowerWithIsRefused() {
    assertThatThrownBy(() -> int8(SmallNetworks.separable(), Target.WEB))
        .isInstanceOfSatisfying(
            Failure.class, f -> assertThat(f.code()).isEqualTo(ExitCode.UNSUPPORTED))
        .hasMessageContaining("--target web finds nothing that onnxruntime-web computes faster");
  }

  @Test
  void webLayersAreTheSameForEqualNetworks() {
    List<Set<String>> found = new ArrayList<>();
    for (int i = 0; i < 2; i++) {
      OnnxGraph graph = SmallNetworks.mobile();
      try (CalibrationSet images = SmallNetworks.images("web", 1)) {
        PlanCost cost = PlanCost.of(graph, CostTable.shipped(Target.WEB), Target.WEB, images);
        found.add(
            WebLayers.onFloats(graph, Int8Form.of(Target.WEB, graph, Set.of()).layers(), cost));
      }
    }
    assertThat(found.get(0)).isEqualTo(found.get(1)).contains("depthwise");
  }
}
