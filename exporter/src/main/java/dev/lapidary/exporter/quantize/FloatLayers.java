package dev.lapidary.exporter.quantize;

import dev.lapidary.core.card.ModelCard.Fallback;
import dev.lapidary.exporter.onnx.OnnxGraph;
import dev.lapidary.exporter.onnx.OnnxNode;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;

/** Says what of a plan runs on floats and why, for the model card and the user. */
final class FloatLayers {
  /** Nodes that move or describe values; nobody asks why they are float. */
  private static final Set<String> MOVING =
      Set.of(
          "Reshape",
          "Flatten",
          "Transpose",
          "Squeeze",
          "Unsqueeze",
          "Slice",
          "Split",
          "Gather",
          "Cast",
          "Shape",
          "Expand",
          "Identity",
          "Constant",
          "MaxPool",
          "Concat");

  private FloatLayers() {}

  /** One entry an operator type and reason; the layer says how many there are. */
  static List<Fallback> of(OnnxGraph graph, Int8Plan plan, Set<String> keptFloat) {
    Map<String, Integer> counts = new TreeMap<>();
    Map<String, Fallback> entries = new TreeMap<>();
    for (OnnxNode node : graph.nodes()) {
      if (plan.roleOf(node) == Role.FLOAT
          && !MOVING.contains(node.op())
          && !keptFloat.contains(node.name())) {
        Fallback entry = new Fallback(node.op(), reason(graph, plan, node));
        String key = entry.layer() + ": " + entry.reason();
        entries.put(key, entry);
        counts.merge(key, 1, Integer::sum);
      }
    }
    List<Fallback> all = new ArrayList<>();
    entries.forEach(
        (key, entry) -> {
          int count = counts.getOrDefault(key, 1);
          String layer = count == 1 ? entry.layer() : count + " x " + entry.layer();
          all.add(new Fallback(layer, entry.reason()));
        });
    return all;
  }

  private static String reason(OnnxGraph graph, Int8Plan plan, OnnxNode node) {
    if (plan.isTooSmall(node.name())) {
      return "too little work for each output: quantizing its input would cost more than it saves";
    }
    return switch (node.op()) {
      case "Add", "Sub", "Mul", "Div", "GlobalAveragePool", "AveragePool", "Sigmoid" ->
          "its input is float, and int8 would only add rounding";
      case "Relu", "Clip", "HardSwish", "HardSigmoid" -> "its input is float";
      case "MatMul" ->
          graph.initializer(node.input(1)).isEmpty()
              ? "both factors are activations (attention), kept float for accuracy"
              : "its weight is not a float32 matrix";
      case "Conv", "Gemm" -> "its weight or bias is not a constant";
      default -> "ONNX Runtime has no integer kernel for it on the CPU";
    };
  }
}
