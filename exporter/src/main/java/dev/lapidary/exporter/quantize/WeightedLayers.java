package dev.lapidary.exporter.quantize;

import dev.lapidary.core.card.ModelCard.Fallback;
import dev.lapidary.core.tensor.DType;
import dev.lapidary.exporter.onnx.OnnxGraph;
import dev.lapidary.exporter.onnx.OnnxNode;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.function.Consumer;
import java.util.stream.Collectors;

/**
 * A network's layers with weights, which quantization is for: convolutions, matrix products and
 * recurrences by constants.
 *
 * @param operators of all, by the nodes' names
 * @param floats names of those that compute on floats
 */
public record WeightedLayers(Map<String, String> operators, Set<String> floats) {
  private static final Set<String> OPERATORS =
      Set.of("Conv", "ConvTranspose", "Gemm", "MatMul", "LSTM", "GRU", "RNN", "Einsum");

  public WeightedLayers {
    operators = Map.copyOf(operators);
    floats = Set.copyOf(floats);
  }

  /**
   * @param floats names of nodes that compute on floats, of other operators too
   */
  static WeightedLayers of(OnnxGraph fp32, Set<String> floats) {
    FixedValues fixed = FixedValues.of(fp32);
    Map<String, String> operators =
        fp32.nodes().stream()
            .filter(node -> OPERATORS.contains(node.op()) && isWeighted(fp32, node))
            .filter(node -> !fixed.isFixed(node))
            .collect(Collectors.toMap(OnnxNode::name, OnnxNode::op));
    return new WeightedLayers(
        operators,
        operators.keySet().stream().filter(floats::contains).collect(Collectors.toSet()));
  }

  private static boolean isWeighted(OnnxGraph graph, OnnxNode node) {
    List<String> factors = node.is("MatMul", "Einsum") ? node.inputs() : List.of(node.input(1));
    return factors.stream()
        .flatMap(value -> graph.initializer(value).stream())
        .anyMatch(weight -> weight.dtype() == DType.FLOAT32);
  }

  public int all() {
    return operators.size();
  }

  public int onIntegers() {
    return operators.size() - floats.size();
  }

  /** {@code 3 of 5 layers with weights on integers}. */
  String words() {
    return "%d of %d layers with weights on integers".formatted(onIntegers(), all());
  }

  /** A line for each operator and reason that keeps it float. */
  void sayFloats(String method, Map<String, Fallback> reasons, Consumer<String> log) {
    List<Fallback> kept = new ArrayList<>();
    reasons.forEach(
        (name, fallback) -> {
          if (floats.contains(name)) {
            kept.add(new Fallback(operators.getOrDefault(name, name), fallback.reason()));
          }
        });
    for (Fallback entry : FloatLayers.counted(kept)) {
      log.accept("%s: float: %s: %s".formatted(method, entry.layer(), entry.reason()));
    }
  }
}
