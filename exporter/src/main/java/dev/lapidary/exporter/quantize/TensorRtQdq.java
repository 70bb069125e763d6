package dev.lapidary.exporter.quantize;

import dev.lapidary.core.tensor.Tensor;
import dev.lapidary.exporter.onnx.OnnxGraph;
import dev.lapidary.exporter.onnx.OnnxNode;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.Set;
import java.util.stream.Collectors;

/**
 * Writes a graph as {@link TensorRtForm} says.
 *
 * <pre>{@code
 * x -> Conv(w, b) -> y                 x -> Q -> DQ -> Conv(DQ(int8 w), b) -> y
 *
 * Add(Conv(..), shortcut)              Add(Conv(..), DQ(Q(shortcut)))
 * }</pre>
 */
final class TensorRtQdq {
  private final OnnxGraph from;
  private final Map<String, QuantParams> params;
  private final Map<String, float[]> biases;
  private final WeightRounding rounding;
  private final OnnxGraph to;
  private final QdqNodes qdq;
  private final Set<String> layers;
  private final Set<String> convolved;

  TensorRtQdq(
      OnnxGraph from,
      List<OnnxNode> layers,
      Map<String, QuantParams> params,
      Map<String, float[]> biases,
      WeightRounding rounding) {
    this.from = from;
    this.params = params;
    this.biases = biases;
    this.rounding = rounding;
    this.to = from.frame();
    this.qdq = new QdqNodes(to);
    this.layers = layers.stream().map(OnnxNode::name).collect(Collectors.toSet());
    this.convolved = TensorRtForm.convolved(from, layers);
  }

  OnnxGraph write() {
    from.inputs().forEach(input -> quantize(input.name()));
    for (OnnxNode node : from.nodes()) {
      to.add(node.withInputs(inputs(node)));
      node.outputs().forEach(this::quantize);
    }
    return to.complete(from);
  }

  private List<String> inputs(OnnxNode node) {
    if (!layers.contains(node.name())) {
      Optional<String> beside = TensorRtForm.besideConvolution(from, node, convolved);
      return node.inputs().stream()
          .map(input -> beside.filter(input::equals).isPresent() ? real(input) : input)
          .toList();
    }
    List<String> inputs = new ArrayList<>(List.of(real(node.input(0)), weight(node)));
    float[] bias = biases.getOrDefault(node.name(), InsertQdq.bias(from, node));
    if (bias.length > 0) {
      inputs.add(to.addInitializer(node.name() + "/bias", Tensor.of(bias, bias.length)));
    }
    return inputs;
  }

  private static String real(String value) {
    return value + "/dequantized";
  }

  private void quantize(String value) {
    QuantParams p = params.get(value);
    if (p != null) {
      qdq.quantize(value, value, real(value), p);
    }
  }

  private String weight(OnnxNode node) {
    Tensor weight = from.initializer(node.input(1)).orElseThrow();
    QuantParams input =
        Objects.requireNonNull(
            params.get(node.input(0)),
            () -> node.input(0) + " of " + node.name() + " has no integers");
    QuantizedWeight q = rounding.quantized(from, node, new float[0], input);
    return qdq.weight(node.name() + "/weight", q, weight, InsertQdq.channelAxis(node));
  }
}
