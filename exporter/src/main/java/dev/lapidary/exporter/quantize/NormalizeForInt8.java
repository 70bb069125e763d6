package dev.lapidary.exporter.quantize;

import dev.lapidary.exporter.onnx.Attribute;
import dev.lapidary.exporter.onnx.OnnxGraph;
import dev.lapidary.exporter.onnx.OnnxNode;
import dev.lapidary.models.tensor.Tensor;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/**
 * Gives a BatchNormalization that no convolution could take in (pre-activation networks such as
 * DenseNet) a form that has integers: a 1x1 convolution with one group a channel, which then takes
 * in the Relu behind it as any other does.
 *
 * <pre>{@code
 * BatchNormalization(x, gamma, beta, mean, var)
 *   ->  Conv(x, w, b, group = C)   w[c] = gamma / sqrt(var + eps),  b[c] = beta - mean * w[c]
 * }</pre>
 */
final class NormalizeForInt8 {
  private NormalizeForInt8() {}

  /** A changed copy. */
  static OnnxGraph of(OnnxGraph graph) {
    OnnxGraph copy = graph.copy();
    for (OnnxNode node : copy.snapshot()) {
      if (node.is("BatchNormalization")) {
        rewrite(copy, node);
      }
    }
    return copy;
  }

  private static void rewrite(OnnxGraph graph, OnnxNode node) {
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
}
