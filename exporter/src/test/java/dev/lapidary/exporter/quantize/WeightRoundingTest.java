package dev.lapidary.exporter.quantize;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import dev.lapidary.core.card.Activation;
import dev.lapidary.core.card.Scoring;
import dev.lapidary.core.tensor.DType;
import dev.lapidary.core.tensor.Tensor;
import dev.lapidary.exporter.onnx.Attribute;
import dev.lapidary.exporter.onnx.OnnxGraph;
import dev.lapidary.exporter.onnx.OnnxNode;
import dev.lapidary.exporter.onnx.ValueInfo;
import dev.lapidary.torchscript.graph.SymInt;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.junit.jupiter.api.Test;

class WeightRoundingTest {
  private static final Scoring SCORING = Scoring.ofLogits(Activation.SOFTMAX);

  /** Padded, strided, dilated on one side, in groups: weight times samples is what is convolved. */
  @Test
  void samplesAreWhatAConvolutionMultiplies() {
    OnnxGraph graph = new OnnxGraph("taps", 17);
    graph.addInput(image("input", 4, 5, 5));
    float[] weight = HistogramTest.floats("taps", 6 * 2 * 3 * 2);
    graph.addInitializer("w", Tensor.of(weight, 6, 2, 3, 2));
    graph.add(
        new OnnxNode(
            "conv",
            "Conv",
            List.of("input", "w"),
            List.of("y"),
            Map.of(
                "kernel_shape", Attribute.of(3, 2),
                "strides", Attribute.of(2, 1),
                "pads", Attribute.of(1, 0, 1, 1),
                "dilations", Attribute.of(1, 2),
                "group", Attribute.of(2))));
    graph.addOutput(image("y", 6, 3, 4));
    LayerTaps taps = LayerTaps.of(graph, graph.nodes().get(0));
    assertThat(List.of(taps.groups(), taps.taps(), taps.outputs())).isEqualTo(List.of(2, 12, 6));
    try (CalibrationSet images = CalibrationSet.uniform(4, 5, 5, 1);
        RuntimeModel model = RuntimeModel.load(graph, 1)) {
      Tensor y = model.run(images.one(0), images.shape(1), List.of("y")).get(0);
      float[] input = new float[images.imageLength()];
      images.one(0).asFloatBuffer().get(input);
      float[] samples = taps.samples(input, images.shape(1), 0);
      int positions = samples.length / 24;
      assertThat(positions).isEqualTo((int) (y.numel() / 6)).isEqualTo(12);
      for (int position = 0; position < positions; position++) {
        for (int output = 0; output < 6; output++) {
          double sum = 0;
          for (int k = 0; k < 12; k++) {
            int sample = (position * 2 + output / 3) * 12 + k;
            sum += (double) weight[taps.index(output, k)] * samples[sample];
          }
          assertThat(sum).isCloseTo(y.toFloats()[output * positions + position], within(1e-5));
        }
      }
    }
  }

  @Test
  void samplesOfAMatrixProductAreItsRows() {
    OnnxGraph graph = new OnnxGraph("rows", 17);
    graph.addInitializer("w", Tensor.of(HistogramTest.floats("rows", 15), 3, 5));
    OnnxNode node = new OnnxNode("m", "MatMul", List.of("x", "w"), List.of("y"), Map.of());
    LayerTaps taps = LayerTaps.of(graph, node);
    float[] rows = {1, 2, 3, 4, 5, 6};
    assertThat(taps.samples(rows, new long[] {1, 2, 3}, 0)).containsExactly(rows);
    assertThat(taps.index(4, 2)).isEqualTo(2 * 5 + 4);
    assertThat(taps.samples(rows, new long[] {6}, 0)).isEmpty();
  }

  /**
   * Depthwise kernels whose large weights nearly cancel, as a folded BatchNorm leaves them, over
   * what varies smoothly: with the weights alone as integers, and the biases corrected.
   */
  @Test
  void kernelsThatNearlyCancelKeepTheirAnswers() {
    OnnxGraph graph = cancelling();
    Int8Plan plan = Int8Plan.of(graph, Set.of());
    try (CalibrationSet images = SmallNetworks.images("rounding", 32);
        CalibrationSet others = SmallNetworks.images("held out", 32)) {
      Observations seen = Observations.of(graph, plan.quantizedValues(), images);
      WeightRounding rounding =
          WeightRounding.of(graph, plan.layers(), images, Map.of(), PairSums.IN_32_BITS);
      Reference reference = Reference.of(graph, others, SCORING);
      double nearest =
          reference
              .drift(rounded(graph, plan, seen, WeightRounding.nearest(PairSums.IN_32_BITS)))
              .relativeError();
      double rounded = reference.drift(rounded(graph, plan, seen, rounding)).relativeError();
      assertThat(rounded).isLessThan(nearest / 2);
    }
  }

  private static OnnxGraph rounded(
      OnnxGraph graph, Int8Plan plan, Observations seen, WeightRounding rounding) {
    Map<String, QuantParams> params = ChooseParams.of(graph, plan, seen.ranges(new MinMax()));
    Map<String, float[]> biases = BiasCorrection.of(graph, plan.layers(), seen, params, rounding);
    OnnxGraph copy = graph.copy();
    for (OnnxNode node : plan.layers()) {
      if (node.is("Conv")) {
        Tensor weight = graph.initializer(node.input(1)).orElseThrow();
        float[] bias = biases.getOrDefault(node.name(), new float[0]);
        QuantizedWeight q =
            rounding.quantized(graph, node, bias, new QuantParams(1, 0, QuantType.U8));
        copy.setInitializer(node.input(1), Tensor.of(SmallNetworks.dequantized(q), weight.shape()));
        copy.setInitializer(node.input(2), Tensor.of(bias, bias.length));
      }
    }
    return copy;
  }

  /** A channel whose scale its bias raised keeps the nearest integers of that scale. */
  @Test
  void raisedScalesKeepTheNearestIntegers() {
    float[] weight = {1, -0.504f, 0.3f, 0.2f};
    float[] bias = {0, 1e6f};
    QuantizedWeight nearest = QuantizedWeight.of(weight, 2, 2, bias, 0.01f, new boolean[0]);
    QuantizedWeight choice = QuantizedWeight.of(weight, 2, 2, new float[0], 1, new boolean[0]);
    QuantizedWeight rounded = nearest.rounded(choice.withValues(new byte[] {127, -65, 99, 98}));
    assertThat(rounded.values()).startsWith(127, -65).endsWith(nearest.values()[2]);
    assertThat(rounded.values()[3]).isEqualTo(nearest.values()[3]);
  }

  private static OnnxGraph cancelling() {
    OnnxGraph graph = SmallNetworks.inverted();
    float[] smoothing = graph.initializer("a.weight").orElseThrow().toFloats();
    for (int i = 0; i < smoothing.length; i++) {
      smoothing[i] = Math.abs(smoothing[i]);
    }
    graph.setInitializer("a.weight", Tensor.of(smoothing, 16, 3, 7, 7));
    float[] weight = graph.initializer("d.weight").orElseThrow().toFloats();
    for (int c = 0; c < 16; c++) {
      double mean = 0;
      for (int k = 0; k < 9; k++) {
        mean += weight[c * 9 + k] / 9;
      }
      for (int k = 0; k < 9; k++) {
        weight[c * 9 + k] = (float) (20 * (weight[c * 9 + k] - 0.98 * mean));
      }
    }
    graph.setInitializer("d.weight", Tensor.of(weight, 16, 1, 3, 3));
    return graph;
  }

  private static ValueInfo image(String name, int channels, int height, int width) {
    List<SymInt> shape = new ArrayList<>(List.of(SymInt.BATCH));
    shape.addAll(List.of(SymInt.of(channels), SymInt.of(height), SymInt.of(width)));
    return ValueInfo.of(name, DType.FLOAT32, shape);
  }
}
