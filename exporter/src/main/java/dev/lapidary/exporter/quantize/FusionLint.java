package dev.lapidary.exporter.quantize;

import dev.lapidary.exporter.onnx.OnnxGraph;
import dev.lapidary.exporter.onnx.OnnxNode;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import java.util.SortedMap;
import java.util.TreeMap;

/**
 * Looks at the graph that ONNX Runtime really runs: a layer between DequantizeLinear and
 * QuantizeLinear is only faster where a fusion made it a QLinearConv, QGemm, QLinearAdd, ...
 *
 * @param operators how many nodes of each type run
 * @param unfused names of layers that were planned as int8 and run on floats
 */
record FusionLint(SortedMap<String, Integer> operators, List<String> unfused) {
  FusionLint {
    unfused = List.copyOf(unfused);
  }

  /**
   * @param layers that should run on integers
   */
  static FusionLint of(OnnxGraph graph, List<OnnxNode> layers) {
    SortedMap<String, Integer> operators = new TreeMap<>();
    List<RuntimeNode> nodes = RuntimeNode.optimized(graph);
    nodes.forEach(node -> operators.merge(node.operator(), 1, Integer::sum));
    List<String> unfused = new ArrayList<>();
    for (OnnxNode layer : layers) {
      if (runsOnFloats(graph, nodes, layer)) {
        unfused.add(layer.name());
      }
    }
    return new FusionLint(operators, unfused);
  }

  int onIntegers() {
    return operators.entrySet().stream()
        .filter(e -> IntegerKernels.isOne(e.getKey()))
        .mapToInt(e -> e.getValue())
        .sum();
  }

  /** A layer that was not fused still gives its own value, or that of the Relu fused into it. */
  private static boolean runsOnFloats(OnnxGraph graph, List<RuntimeNode> nodes, OnnxNode layer) {
    Set<String> values = new HashSet<>(layer.outputs());
    values.add(layer.output() + "/raw");
    graph
        .soleConsumer(layer.output())
        .filter(reader -> reader.is("Relu", "Clip"))
        .ifPresent(reader -> values.add(reader.output()));
    return nodes.stream()
        .filter(n -> n.operator().endsWith(layer.op()) && !IntegerKernels.isOne(n.operator()))
        .anyMatch(n -> n.outputs().stream().anyMatch(values::contains));
  }
}
