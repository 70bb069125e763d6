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

/**
 * Writes a graph as {@link TensorRtForm} says.
 *
 * <pre>{@code
 * x -> Conv(w, b) -> y                 x -> Q -> DQ -> Conv(DQ(int8 w), b) -> y
 *
 * Add(Conv(..), shortcut)              Add(Conv(..), DQ(Q(shortcut)))
 * }</pre>
 *
 * @param layers that compute on integers
 * @param qdq of the graph that is written
 */
record TensorRtQdq(
    OnnxGraph from,
    List<OnnxNode> layers,
    Map<String, QuantParams> params,
    Map<String, float[]> biases,
    WeightRounding rounding,
    QdqNodes qdq) {

  OnnxGraph write() {
    Set<String> convolved = TensorRtForm.convolved(from, layers);
    from.inputs().forEach(input -> quantize(input.name()));
    for (OnnxNode node : from.nodes()) {
      qdq.to().add(node.withInputs(inputs(node, convolved)));
      node.outputs().forEach(this::quantize);
    }
    return qdq.to().complete(from);
  }

  private List<String> inputs(OnnxNode node, Set<String> convolved) {
    if (!layers.contains(node)) {
      Optional<String> beside = TensorRtForm.besideConvolution(from, node, convolved);
      return node.inputs().stream()
          .map(input -> beside.filter(input::equals).isPresent() ? real(input) : input)
          .toList();
    }
    List<String> inputs = new ArrayList<>(List.of(real(node.input(0)), weight(node)));
    float[] bias = biases.getOrDefault(node.name(), InsertQdq.bias(from, node));
    if (bias.length > 0) {
      inputs.add(qdq.to().addInitializer(node.name() + "/bias", Tensor.of(bias, bias.length)));
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
