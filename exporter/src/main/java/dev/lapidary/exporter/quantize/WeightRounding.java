package dev.lapidary.exporter.quantize;

import dev.lapidary.core.tensor.Tensor;
import dev.lapidary.exporter.onnx.OnnxGraph;
import dev.lapidary.exporter.onnx.OnnxNode;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/**
 * The integers of weights: the nearest ones, or those that keep the layers' outputs on calibration
 * images, by {@link RoundingDescent} over what each layer's inputs were. A depthwise kernel with a
 * folded BatchNorm, whose large weights nearly cancel, is off by much of its output where they are
 * rounded one by one.
 *
 * <p>Layers that sum over more than {@value #MOST_TAPS} values keep the nearest integers: their
 * rounding averages out, and it would take very many images to tell how such inputs vary.
 */
final class WeightRounding {
  /** Nearest integers everywhere. */
  static final WeightRounding NEAREST = new WeightRounding(Map.of());

  private static final int MOST_TAPS = 256;
  private static final int IMAGES = 128;

  private final Map<String, QuantizedWeight> weights;

  private WeightRounding(Map<String, QuantizedWeight> weights) {
    this.weights = weights;
  }

  /** For the convolutions and matrix products that a plan has on integers. */
  static WeightRounding of(OnnxGraph graph, Int8Plan plan, CalibrationSet images) {
    List<Layer> layers = layers(graph, plan);
    measure(graph, layers, images);
    List<QuantizedWeight> rounded = new ArrayList<>();
    InOrder.run(layers.size(), i -> rounded(graph, layers.get(i)), weight -> rounded.add(weight));
    Map<String, QuantizedWeight> weights = new HashMap<>();
    for (int i = 0; i < layers.size(); i++) {
      weights.put(layers.get(i).node().name(), rounded.get(i));
    }
    return new WeightRounding(weights);
  }

  /**
   * A layer's weight and bias as integers.
   *
   * @param bias one a channel, or empty
   * @param inputScale of the activation that the weight multiplies
   */
  QuantizedWeight quantized(OnnxGraph graph, OnnxNode node, float[] bias, float inputScale) {
    QuantizedWeight nearest = nearest(graph, node, bias, inputScale);
    return Optional.ofNullable(weights.get(node.name())).map(nearest::rounded).orElse(nearest);
  }

  private static QuantizedWeight nearest(
      OnnxGraph graph, OnnxNode node, float[] bias, float inputScale) {
    Tensor weight = graph.initializer(node.input(1)).orElseThrow();
    int axis = InsertQdq.channelAxis(node);
    int inner = 1;
    for (int d = axis + 1; d < weight.rank(); d++) {
      inner *= (int) weight.size(d);
    }
    return QuantizedWeight.of(weight.toFloats(), (int) weight.size(axis), inner, bias, inputScale);
  }

  private record Layer(OnnxNode node, LayerTaps taps, InputMoments moments) {}

  private static List<Layer> layers(OnnxGraph graph, Int8Plan plan) {
    List<Layer> layers = new ArrayList<>();
    for (OnnxNode node : plan.layers()) {
      if (node.is("Conv", "Gemm", "MatMul")) {
        LayerTaps taps = LayerTaps.of(graph, node);
        if (taps.outputs() > 0 && taps.taps() > 1 && taps.taps() <= MOST_TAPS) {
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
    try (RuntimeModel model = RuntimeModel.observing(graph, values)) {
      for (List<String> part : Observations.parts(model, values, images)) {
        List<Layer> some =
            layers.stream().filter(layer -> part.contains(layer.node().input(0))).toList();
        InOrder.run(
            Math.min(IMAGES, images.count()),
            image ->
                samples(some, part, model.run(images.one(image), images.shape(1), part), image),
            samples -> {
              for (int i = 0; i < some.size(); i++) {
                some.get(i).moments().add(samples.get(i));
              }
            });
      }
    }
  }

  private static List<float[]> samples(
      List<Layer> layers, List<String> values, List<Tensor> tensors, int image) {
    return layers.stream()
        .map(
            layer -> {
              Tensor input = tensors.get(values.indexOf(layer.node().input(0)));
              return layer.taps().samples(input.toFloats(), input.shape(), image);
            })
        .toList();
  }

  private static QuantizedWeight rounded(OnnxGraph graph, Layer layer) {
    QuantizedWeight nearest = nearest(graph, layer.node(), new float[0], 1);
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
        RoundingDescent.improve(row, nearest.scales()[output], integers, covariance);
        for (int k = 0; k < row.length; k++) {
          values[taps.index(output, k)] = (byte) integers[k];
        }
      }
    }
    return nearest.withValues(values);
  }
}
