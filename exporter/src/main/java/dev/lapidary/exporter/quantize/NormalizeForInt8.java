package dev.lapidary.exporter.quantize;

import dev.lapidary.core.tensor.Tensor;
import dev.lapidary.exporter.onnx.Attribute;
import dev.lapidary.exporter.onnx.OnnxGraph;
import dev.lapidary.exporter.onnx.OnnxNode;
import dev.lapidary.exporter.onnx.ValueInfo;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;

/**
 * Gives operators that have no integer kernel, or a slow one, the form of a convolution with one
 * group a channel; that has a fast one and takes in the Relu behind it.
 *
 * <pre>{@code
 * BatchNormalization(x, gamma, beta, mean, var)    no convolution could take it in (DenseNet)
 *   ->  Conv(x, w, b, group = C)   w[c] = gamma / sqrt(var + eps),  b[c] = beta - mean * w[c]
 *
 * AveragePool(x, k x k)                            its padding none, or counted
 *   ->  Conv(x, w, group = C)      w[c] = 1 / k^2
 * }</pre>
 */
final class NormalizeForInt8 {
  private NormalizeForInt8() {}

  /** A changed copy. */
  static OnnxGraph of(OnnxGraph graph) {
    OnnxGraph copy = graph.copy();
    for (OnnxNode node : copy.snapshot()) {
      if (node.is("BatchNormalization")) {
        batchNormalization(copy, node);
      } else if (node.is("AveragePool")) {
        averagePool(copy, node);
      }
    }
    return copy;
  }

  private static void batchNormalization(OnnxGraph graph, OnnxNode node) {
    Optional<Tensor> gamma = graph.initializer(node.input(1));
    Optional<Tensor> beta = graph.initializer(node.input(2));
    Optional<Tensor> mean = graph.initializer(node.input(3));
    Optional<Tensor> variance = graph.initializer(node.input(4));
    boolean image = graph.info(node.input(0)).map(i -> i.rank() == 4).orElse(false);
    if (gamma.isEmpty() || beta.isEmpty() || mean.isEmpty() || variance.isEmpty() || !image) {
      return;
    }
    double[] g = gamma.get().toDoubles();
    double[] b = beta.get().toDoubles();
    double[] m = mean.get().toDoubles();
    double[] v = variance.get().toDoubles();
    double epsilon = node.realOr("epsilon", 1e-5f);
    float[] weight = new float[g.length];
    float[] bias = new float[g.length];
    for (int c = 0; c < g.length; c++) {
      double factor = g[c] / Math.sqrt(v[c] + epsilon);
      weight[c] = (float) factor;
      bias[c] = (float) (b[c] - m[c] * factor);
    }
    String w = graph.addInitializer(node.name() + ".weight", Tensor.of(weight, g.length, 1, 1, 1));
    String bName = graph.addInitializer(node.name() + ".bias", Tensor.of(bias, g.length));
    graph.replace(
        node,
        new OnnxNode(
            node.name(),
            "Conv",
            List.of(node.input(0), w, bName),
            List.of(node.output()),
            Map.of("group", Attribute.of(g.length), "kernel_shape", Attribute.of(1, 1))));
  }

  private static void averagePool(OnnxGraph graph, OnnxNode node) {
    long[] kernel = node.intsOr("kernel_shape");
    long[] pads = node.intsOr("pads");
    boolean padded = Arrays.stream(pads).anyMatch(p -> p != 0);
    boolean same =
        kernel.length == 2
            && node.intOr("ceil_mode", 0) == 0
            && node.attribute("dilations").isEmpty()
            && node.textOr("auto_pad", "NOTSET").equals("NOTSET")
            && (!padded || node.intOr("count_include_pad", 0) == 1);
    Optional<ValueInfo> input = graph.info(node.input(0));
    if (!same || input.isEmpty() || input.get().rank() != 4) {
      return;
    }
    int channels = (int) input.get().shape().get(1).size();
    float[] weight = new float[channels * (int) (kernel[0] * kernel[1])];
    Arrays.fill(weight, (float) (1.0 / (kernel[0] * kernel[1])));
    Tensor tensor = Tensor.of(weight, channels, 1, kernel[0], kernel[1]);
    String w = graph.addInitializer(node.name() + ".weight", tensor);
    Map<String, Attribute> attributes = new TreeMap<>(node.attributes());
    attributes.keySet().removeAll(List.of("ceil_mode", "count_include_pad", "auto_pad"));
    attributes.put("group", Attribute.of(channels));
    graph.replace(
        node,
        new OnnxNode(node.name(), "Conv", List.of(node.input(0), w), node.outputs(), attributes));
  }
}
