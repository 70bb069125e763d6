package dev.lapidary.exporter.pass;

import dev.lapidary.core.tensor.DType;
import dev.lapidary.core.tensor.Tensor;
import dev.lapidary.exporter.onnx.Attribute;
import dev.lapidary.exporter.onnx.OnnxGraph;
import dev.lapidary.exporter.onnx.OnnxNode;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/**
 * A layer on floats between integers reads the same numbers, dequantized with the scale once a
 * channel.
 *
 * <pre>
 *   DQ(scale) ── Conv(float weights) ── Q     →   DQ([scale, scale, …], axis 1) ── Conv ── Q
 * </pre>
 *
 * ONNX Runtime (WeightBiasQuantization, on by default) quantizes the float weights of a layer
 * between a DequantizeLinear of one scale and a QuantizeLinear by itself, with one scale for the
 * whole weight, which is far worse than the layer's own integers would be; of scales by channel it
 * keeps away. It does not fire where nothing quantizes the layer's output, nor where the weights
 * are integers.
 */
public final class DequantizeByChannel implements Pass {
  private static final int MIN_OPSET = 13;

  @Override
  public int apply(OnnxGraph graph) {
    int changes = 0;
    Map<String, String> byChannel = new HashMap<>();
    for (OnnxNode layer : graph.snapshot()) {
      Optional<OnnxNode> before = dequantize(graph, layer);
      if (before.isPresent() && graph.opset() >= MIN_OPSET && isBetween(graph, layer)) {
        String reals =
            byChannel.computeIfAbsent(
                before.get().output(), value -> byChannel(graph, before.get(), layer));
        graph.replace(layer, layer.withInput(0, reals));
        changes++;
      }
    }
    return changes;
  }

  /** Whether a layer has float weights and something quantizes its output. */
  private static boolean isBetween(OnnxGraph graph, OnnxNode layer) {
    return hasFloatWeights(graph, layer) && !quantizations(graph, layer).isEmpty();
  }

  /** Whether it is a layer whose weights the runtime would quantize, and has them as floats. */
  public static boolean hasFloatWeights(OnnxGraph graph, OnnxNode node) {
    boolean weighted =
        node.is("Conv", "ConvTranspose") || (node.is("Gemm") && node.intOr("transA", 0) == 0);
    return weighted
        && graph
            .initializer(node.input(1))
            .filter(weight -> weight.dtype() == DType.FLOAT32)
            .isPresent();
  }

  /**
   * The length of axis 1 of what a layer reads.
   *
   * @param layer a convolution or a Gemm
   */
  public static int channels(OnnxNode layer, Tensor weight) {
    return switch (layer.op()) {
      case "Conv" -> (int) (weight.size(1) * layer.intOr("group", 1));
      case "Gemm" -> (int) weight.size(layer.intOr("transB", 0) == 0 ? 0 : 1);
      default -> (int) weight.size(0);
    };
  }

  /** What quantizes a layer's output, be it behind the Relu or Clip that the runtime takes in. */
  private static List<OnnxNode> quantizations(OnnxGraph graph, OnnxNode layer) {
    List<OnnxNode> readers = new ArrayList<>(graph.consumers(layer.output()));
    for (OnnxNode reader : graph.consumers(layer.output())) {
      if (reader.is("Relu", "Clip")) {
        readers.addAll(graph.consumers(reader.output()));
      }
    }
    return readers.stream().filter(reader -> reader.is("QuantizeLinear")).toList();
  }

  private static Optional<OnnxNode> dequantize(OnnxGraph graph, OnnxNode layer) {
    return graph
        .producer(layer.input(0), "DequantizeLinear")
        .filter(node -> graph.initializer(node.input(0)).isEmpty())
        .filter(node -> graph.initializer(node.input(1)).filter(s -> s.numel() == 1).isPresent());
  }

  private static String byChannel(OnnxGraph graph, OnnxNode node, OnnxNode reader) {
    String integers = node.input(0);
    int channels = channels(reader, graph.initializer(reader.input(1)).orElseThrow());
    String value = graph.fresh(integers + "/dequantized_by_channel");
    float[] scales = new float[channels];
    Arrays.fill(scales, graph.initializer(node.input(1)).orElseThrow().toFloats()[0]);
    String scale =
        graph.addInitializer(integers + "/scale_by_channel", Tensor.of(scales, channels));
    List<String> inputs = List.of(integers, scale);
    if (node.hasInput(2)) {
      Tensor one = graph.initializer(node.input(2)).orElseThrow();
      Tensor zeros = Tensor.zeros(one.dtype(), channels);
      byte zero = (byte) one.toDoubles()[0];
      for (int c = 0; c < channels; c++) {
        zeros.bytes().put(c, zero);
      }
      String zeroPoint = graph.addInitializer(integers + "/zero_point_by_channel", zeros);
      inputs = List.of(integers, scale, zeroPoint);
    }
    Map<String, Attribute> axis = Map.of("axis", Attribute.of(1));
    graph.insertBefore(
        reader, new OnnxNode(value, "DequantizeLinear", inputs, List.of(value), axis));
    return value;
  }
}
