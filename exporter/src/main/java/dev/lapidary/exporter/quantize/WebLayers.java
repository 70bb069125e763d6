package dev.lapidary.exporter.quantize;

import dev.lapidary.core.tensor.Tensor;
import dev.lapidary.exporter.onnx.OnnxGraph;
import dev.lapidary.exporter.onnx.OnnxNode;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Optional;
import java.util.Set;

/**
 * What onnxruntime-web computes no faster on integers than on floats, by a fixed rule: WebAssembly
 * has no instruction that multiplies many bytes at once, so that depthwise convolutions and matrix
 * products are slower on integers, which {@code docs/shipping.md} shows; and where they stay on
 * floats, layers between them do too that save less than the conversions at their borders cost, by
 * the table of costs that was measured in that runtime.
 */
final class WebLayers {
  static final String REASON = "onnxruntime-web is no faster with it on integers";

  private WebLayers() {}

  /**
   * Names of layers that stay on floats.
   *
   * @param layers that could be integers, in the graph's order
   */
  static Set<String> onFloats(OnnxGraph graph, List<OnnxNode> layers, PlanCost cost) {
    Set<String> floats = new LinkedHashSet<>();
    for (OnnxNode layer : layers) {
      Optional<Tensor> weight = graph.initializer(layer.input(1));
      if (layer.is("Conv", "Gemm", "MatMul")
          && weight.filter(w -> isSlower(LayerCost.Kind.of(layer, w))).isPresent()) {
        floats.add(layer.name());
      }
    }
    boolean changes = true;
    while (changes) { // each turn takes time away, of which there is only so much
      changes = false;
      for (OnnxNode layer : layers) {
        Set<String> more = new LinkedHashSet<>(floats);
        if (more.add(layer.name()) && cost.micros(more) < cost.micros(floats)) {
          floats = more;
          changes = true;
        }
      }
    }
    return floats;
  }

  private static boolean isSlower(LayerCost.Kind kind) {
    return kind == LayerCost.Kind.DEPTHWISE || kind == LayerCost.Kind.MATRIX;
  }
}
