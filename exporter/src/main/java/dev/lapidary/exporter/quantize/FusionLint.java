package dev.lapidary.exporter.quantize;

import dev.lapidary.exporter.onnx.OnnxGraph;
import dev.lapidary.exporter.onnx.OnnxNode;
import dev.lapidary.exporter.pass.DequantizeByChannel;
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
 * @param rounded names of layers with float weights that the runtime itself makes integers of, with
 *     one scale for all of a weight: {@link DequantizeByChannel} is there to keep it from that
 */
record FusionLint(
    SortedMap<String, Integer> operators, List<String> unfused, List<String> rounded) {
  FusionLint {
    unfused = List.copyOf(unfused);
    rounded = List.copyOf(rounded);
  }

  /**
   * @param layers that should run on integers
   */
  static FusionLint of(OnnxGraph graph, List<OnnxNode> layers) {
    SortedMap<String, Integer> operators = new TreeMap<>();
    List<RuntimeNode> nodes = RuntimeNode.optimized(graph);
    nodes.forEach(node -> operators.merge(node.operator(), 1, Integer::sum));
    List<String> unfused =
        layers.stream()
            .filter(layer -> runsOnFloats(graph, nodes, layer))
            .map(OnnxNode::name)
            .toList();
    List<String> rounded =
        graph.nodes().stream()
            .filter(node -> DequantizeByChannel.hasFloatWeights(graph, node))
            .filter(node -> isRounded(nodes, node))
            .map(OnnxNode::name)
            .toList();
    return new FusionLint(operators, unfused, rounded);
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

  /** By the name that the runtime gives to integers that it makes of a layer's weights. */
  private static boolean isRounded(List<RuntimeNode> nodes, OnnxNode layer) {
    String integers = layer.name() + "_weight_q";
    return nodes.stream().anyMatch(n -> n.inputs().stream().anyMatch(i -> i.startsWith(integers)));
  }
}
