package dev.lapidary.exporter.quantize;

import dev.lapidary.core.card.ModelCard.Fallback;
import dev.lapidary.exporter.onnx.OnnxGraph;
import dev.lapidary.exporter.onnx.OnnxNode;
import java.util.ArrayList;
import java.util.Collection;
import java.util.Comparator;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.TreeMap;

/**
 * Says what of a plan runs on floats and why, for the model card and the user.
 *
 * @param kernels what ONNX Runtime makes of an operator on integers, asked once each
 */
record FloatLayers(OnnxGraph graph, Int8Plan plan, Map<String, Optional<String>> kernels) {
  /** Nodes that move or describe values; nobody asks why they are float. */
  private static final Set<String> MOVING =
      Set.of(
          """
          Reshape Flatten Transpose Squeeze Unsqueeze Slice Split Gather Cast Shape Expand
          Identity Constant MaxPool Concat
          """
              .split("\\s+"));

  /** For each node that computes on floats, its operator and the reason, by its name. */
  static Map<String, Fallback> of(OnnxGraph graph, Int8Plan plan) {
    FloatLayers floats = new FloatLayers(graph, plan, new HashMap<>());
    Map<String, Fallback> reasons = new LinkedHashMap<>();
    for (OnnxNode node : graph.nodes()) {
      if (plan.roleOf(node) == Role.FLOAT
          && !plan.isFixed(node)
          && !plan.isKept(node)
          && !MOVING.contains(node.op())) {
        reasons.put(node.name(), new Fallback(node.op(), floats.reason(node)));
      }
    }
    return reasons;
  }

  /** Equal entries as one, whose layer says how many there are. */
  static List<Fallback> counted(Collection<Fallback> each) {
    Map<Fallback, Integer> counts =
        new TreeMap<>(Comparator.comparing(entry -> entry.layer() + ": " + entry.reason()));
    each.forEach(entry -> counts.merge(entry, 1, Integer::sum));
    List<Fallback> all = new ArrayList<>();
    counts.forEach(
        (entry, count) ->
            all.add(
                count == 1 ? entry : new Fallback(count + " x " + entry.layer(), entry.reason())));
    return all;
  }

  private String reason(OnnxNode node) {
    if (plan.isTooSmall(node.name())) {
      return "too little work for each output: quantizing its input would cost more than it saves";
    }
    return switch (node.op()) {
      case "MatMul" ->
          graph.initializer(node.input(1)).isEmpty()
              ? "both factors are activations (attention), kept float for accuracy"
              : "its weight is not a float32 matrix";
      case "Conv", "Gemm" -> ofWeights(node);
      case "Relu", "Clip", "HardSwish", "HardSigmoid" ->
          readsFloats(node) ? "its input is float" : ofIntegers(node);
      default -> ofOther(node);
    };
  }

  private String ofWeights(OnnxNode node) {
    boolean constant =
        graph.initializer(node.input(1)).isPresent()
            && (!node.hasInput(2) || graph.initializer(node.input(2)).isPresent());
    return constant
        ? "it scales its product or turns its input, or its weight is not float32"
        : "its weight or bias is not a constant";
  }

  private String ofOther(OnnxNode node) {
    if (kernel(node).isEmpty()) {
      return "ONNX Runtime has no integer kernel for it on the CPU";
    }
    return readsFloats(node)
        ? "its input is float, and int8 would only add rounding"
        : ofIntegers(node);
  }

  private String ofIntegers(OnnxNode node) {
    if (node.is("Relu", "Clip")) {
      return "ONNX Runtime has it on integers only as a part of the layer before it";
    }
    return kernel(node)
        .map("this export does not use ONNX Runtime's %s for it"::formatted)
        .orElse("ONNX Runtime has no integer kernel for it on the CPU");
  }

  private Optional<String> kernel(OnnxNode node) {
    return kernels.computeIfAbsent(node.op(), op -> IntegerKernels.of(graph, node));
  }

  /** Whether some of what it reads for each image is not there as integers. */
  private boolean readsFloats(OnnxNode node) {
    return !plan.activations(node).stream().allMatch(plan::comesFromIntegers);
  }
}
