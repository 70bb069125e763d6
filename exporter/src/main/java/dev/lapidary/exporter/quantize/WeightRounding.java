package dev.lapidary.exporter.quantize;

import dev.lapidary.core.tensor.Tensor;
import dev.lapidary.exporter.onnx.OnnxGraph;
import dev.lapidary.exporter.onnx.OnnxNode;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/**
 * The integers of weights: the nearest ones, or those that keep the layers' outputs on calibration
 * images, by {@link RoundingDescent} over what each layer's inputs were. A depthwise kernel with a
 * folded BatchNorm, whose large weights nearly cancel, is off by much of its output where they are
 * rounded one by one.
 *
 * <p>Layers that sum over more than {@value #MAX_TAPS} values keep the nearest integers: their
 * rounding averages out, and it would take very many images to tell how such inputs vary.
 */
final class WeightRounding {
  private static final int MAX_TAPS = 256;
  private static final int IMAGES = 128;

  private final Map<String, QuantizedWeight> weights;
  private final PairSums sums;

  /** Of 8 bits and without a bias, by the layer's name: most candidates differ by ranges alone. */
  private final Map<String, QuantizedWeight> known = new HashMap<>();

  private WeightRounding(Map<String, QuantizedWeight> weights, PairSums sums) {
    this.weights = weights;
    this.sums = sums;
  }

  /** Nearest integers everywhere in a graph, of 7 bits where a sum needs it. */
  static WeightRounding nearest(PairSums sums) {
    return new WeightRounding(Map.of(), sums);
  }

  /**
   * For the convolutions and matrix products among some layers.
   *
   * @param inputs by value, as they are when nothing is cut: they tell where 7 bits are needed
   */
  static WeightRounding of(
      OnnxGraph graph,
      List<OnnxNode> some,
      CalibrationSet images,
      Map<String, QuantParams> inputs,
      PairSums sums) {
    List<Layer> layers = layers(graph, some);
    measure(graph, layers, images);
    Map<String, QuantizedWeight> weights = new HashMap<>();
    InOrder.run(
        layers.size(),
        i -> Map.entry(layers.get(i).node().name(), rounded(graph, layers.get(i), inputs, sums)),
        rounded -> weights.put(rounded.getKey(), rounded.getValue()));
    return new WeightRounding(weights, sums);
  }

  /** Whether each weight has the integer next to it. */
  boolean isNearest() {
    return weights.isEmpty();
  }

  /**
   * A layer's weight and bias as integers. For one thread, and layers of one graph.
   *
   * @param bias one a channel, or empty
   * @param input of the activation that the weight multiplies
   */
  QuantizedWeight quantized(OnnxGraph graph, OnnxNode node, float[] bias, QuantParams input) {
    QuantizedWeight wide = chosen(graph, node, bias, input.scale(), new boolean[0]);
    boolean[] narrow = sums.saturating(graph, node, wide, input);
    return narrow.length == 0 ? wide : chosen(graph, node, bias, input.scale(), narrow);
  }

  private QuantizedWeight chosen(
      OnnxGraph graph, OnnxNode node, float[] bias, float inputScale, boolean[] narrow) {
    QuantizedWeight nearest =
        narrow.length > 0
            ? nearest(graph, node, bias, inputScale, narrow)
            : known
                .computeIfAbsent(node.name(), name -> nearest(graph, node, new float[0], 1, narrow))
                .withBias(
                    () -> graph.initializer(node.input(1)).orElseThrow().toFloats(),
                    bias,
                    inputScale,
                    narrow);
    return Optional.ofNullable(weights.get(node.name())).map(nearest::rounded).orElse(nearest);
  }

  private static QuantizedWeight nearest(
      OnnxGraph graph, OnnxNode node, float[] bias, float inputScale, boolean[] narrow) {
    Tensor weight = graph.initializer(node.input(1)).orElseThrow();
    int axis = InsertQdq.channelAxis(node);
    int inner = 1;
    for (int d = axis + 1; d < weight.rank(); d++) {
      inner *= (int) weight.size(d);
    }
    return QuantizedWeight.of(
        weight.toFloats(), (int) weight.size(axis), inner, bias, inputScale, narrow);
  }

  private record Layer(OnnxNode node, LayerTaps taps, InputMoments moments) {}

  private static List<Layer> layers(OnnxGraph graph, List<OnnxNode> some) {
    List<Layer> layers = new ArrayList<>();
    for (OnnxNode node : some) {
      if (node.is("Conv", "Gemm", "MatMul")) {
        LayerTaps taps = LayerTaps.of(graph, node);
        if (taps.outputs() > 0 && taps.taps() > 1 && taps.taps() <= MAX_TAPS) {
          layers.add(new Layer(node, taps, new InputMoments(taps)));
        }
      }
    }
    return layers;
  }

  private static void measure(OnnxGraph graph, List<Layer> layers, CalibrationSet images) {
    List<String> values =
        layers.stream()
            .map(layer -> layer.node().input(0))
            .filter(value -> !graph.isInput(value))
            .distinct()
            .toList();
    ObservedRuns.over(
        graph,
        values,
        images,
        Math.min(IMAGES, images.count()),
        (image, inputs) -> samples(layers, inputs, image),
        samples -> samples.forEach((layer, some) -> layer.moments().add(some)));
  }

  /** Of the layers whose inputs are there. */
  private static Map<Layer, float[]> samples(List<Layer> layers, ValueBuffers inputs, int image) {
    Map<Layer, float[]> samples = new LinkedHashMap<>();
    for (int i = 0; i < inputs.names().size(); i++) {
      String input = inputs.names().get(i);
      float[] values = inputs.floats(i);
      for (Layer layer : layers) {
        if (layer.node().input(0).equals(input)) {
          samples.put(layer, layer.taps().samples(values, inputs.shape(i), image));
        }
      }
    }
    return samples;
  }

  private static QuantizedWeight rounded(
      OnnxGraph graph, Layer layer, Map<String, QuantParams> inputs, PairSums sums) {
    QuantizedWeight wide = nearest(graph, layer.node(), new float[0], 1, new boolean[0]);
    QuantParams input = inputs.get(layer.node().input(0));
    boolean[] narrow =
        input == null ? new boolean[0] : sums.saturating(graph, layer.node(), wide, input);
    QuantizedWeight nearest =
        narrow.length == 0 ? wide : nearest(graph, layer.node(), new float[0], 1, narrow);
    float[] weight = graph.initializer(layer.node().input(1)).orElseThrow().toFloats();
    byte[] values = nearest.values().clone();
    LayerTaps taps = layer.taps();
    int each = taps.outputs() / taps.groups();
    for (int group = 0; group < taps.groups() && layer.moments().known(); group++) {
      double[] covariance = layer.moments().covariance(group);
      for (int output = group * each; output < (group + 1) * each; output++) {
        double[] row = new double[taps.taps()];
        int[] integers = new int[taps.taps()];
        for (int k = 0; k < row.length; k++) {
          row[k] = weight[taps.index(output, k)];
          integers[k] = values[taps.index(output, k)];
        }
        QuantType type = QuantizedWeight.type(narrow, output);
        RoundingDescent.improve(row, nearest.scales()[output], type, integers, covariance);
        for (int k = 0; k < row.length; k++) {
          values[taps.index(output, k)] = (byte) integers[k];
        }
      }
    }
    return nearest.withValues(values);
  }
}
