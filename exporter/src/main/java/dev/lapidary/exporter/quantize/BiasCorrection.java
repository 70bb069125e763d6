package dev.lapidary.exporter.quantize;

import dev.lapidary.core.tensor.Tensor;
import dev.lapidary.exporter.onnx.OnnxGraph;
import dev.lapidary.exporter.onnx.OnnxNode;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.function.IntBinaryOperator;

/**
 * Rounding a layer's weights shifts the mean of its output by {@code E[(w - w_q) x]}, which for
 * each output channel is the sum over its inputs of the rounding error times the input's mean. The
 * shift is put into the bias (Nagel et al., Data-Free Quantization, 2019, section 4.2); the means
 * come from the calibration images, so that no further pass over them is needed.
 */
final class BiasCorrection {
  private BiasCorrection() {}

  /**
   * The corrected biases by the layer's name; layers whose shift is zero throughout are left out.
   */
  static Map<String, float[]> of(
      OnnxGraph graph,
      List<OnnxNode> layers,
      Observations seen,
      Map<String, QuantParams> params,
      WeightRounding rounding) {
    Map<String, float[]> biases = new HashMap<>();
    for (OnnxNode node : layers) {
      QuantParams input = params.get(node.input(0));
      if (node.is("Conv", "Gemm") && input != null) {
        double[] means = seen.channelMeans(node.input(0));
        if (means.length > 0) {
          biases.put(node.name(), corrected(graph, node, input, means, rounding));
        }
      }
    }
    return biases;
  }

  private static float[] corrected(
      OnnxGraph graph, OnnxNode node, QuantParams input, double[] means, WeightRounding rounding) {
    Tensor tensor = graph.initializer(node.input(1)).orElseThrow();
    float[] weight = tensor.toFloats();
    int channels = (int) tensor.size(InsertQdq.channelAxis(node));
    float[] given = InsertQdq.bias(graph, node);
    float[] bias = given.length == 0 ? new float[channels] : given.clone();
    QuantizedWeight rounded = rounding.quantized(graph, node, bias, input);
    double[] shift =
        InsertQdq.channelAxis(node) == 0
            ? ofRows(weight, rounded, means, inputChannels(node, tensor), kernel(node, tensor))
            : ofColumns(weight, rounded, means);
    for (int c = 0; c < channels; c++) {
      bias[c] += (float) shift[c];
    }
    return bias;
  }

  /** How many weights of an output, which lie together, multiply one channel of the input. */
  private static int kernel(OnnxNode node, Tensor weight) {
    return node.is("Conv") ? (int) (weight.numel() / weight.size(0) / weight.size(1)) : 1;
  }

  /** Of weights [out, ...], which multiply channels that follow each other. */
  private static double[] ofRows(
      float[] weight,
      QuantizedWeight rounded,
      double[] means,
      IntBinaryOperator inputChannel,
      int kernel) {
    float[] scales = rounded.scales();
    byte[] integers = rounded.values();
    double[] shift = new double[scales.length];
    int inner = weight.length / Math.max(1, scales.length);
    for (int c = 0; c < scales.length; c++) {
      int i = c * inner;
      int end = i + inner;
      float scale = scales[c];
      double sum = 0;
      for (int from = inputChannel.applyAsInt(i, c); i < end; from++) {
        double mean = means[from];
        for (int next = i + kernel; i < next; i++) {
          sum += ((double) weight[i] - integers[i] * scale) * mean;
        }
      }
      shift[c] = sum;
    }
    return shift;
  }

  /** Of weights [in, out]. */
  private static double[] ofColumns(float[] weight, QuantizedWeight rounded, double[] means) {
    float[] scales = rounded.scales();
    byte[] integers = rounded.values();
    double[] shift = new double[scales.length];
    for (int i = 0, row = 0; i < weight.length; row++) {
      for (int c = 0; c < scales.length; c++, i++) {
        shift[c] += ((double) weight[i] - integers[i] * scales[c]) * means[row];
      }
    }
    return shift;
  }

  /** The channel of the input that a weight multiplies, by its index and its output channel. */
  static IntBinaryOperator inputChannels(OnnxNode node, Tensor weight) {
    if (!node.is("Conv")) {
      int columns = (int) weight.size(1);
      return InsertQdq.channelAxis(node) == 0 ? (i, c) -> i % columns : (i, c) -> i / columns;
    }
    int perGroup = (int) weight.size(1);
    int kernel = (int) (weight.numel() / weight.size(0) / perGroup);
    int outputs = (int) (weight.size(0) / node.intOr("group", 1));
    return (i, c) -> c / outputs * perGroup + i / kernel % perGroup;
  }
}
