package dev.lapidary.exporter.quantize;

import dev.lapidary.core.tensor.Tensor;
import dev.lapidary.exporter.onnx.OnnxGraph;
import dev.lapidary.exporter.onnx.OnnxNode;
import java.util.HashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.stream.Collectors;

/**
 * What a network would take with some layers on floats, by a {@link CostTable}: its layers with
 * weights, and the conversions wherever floats and integers meet.
 *
 * @param sizes of values, per image
 * @param weighted layers with weights
 */
record PlanCost(
    OnnxGraph graph,
    CostTable table,
    Target target,
    Map<String, Long> sizes,
    List<OnnxNode> weighted) {

  /**
   * @param images whose first tells how large values are
   */
  static PlanCost of(OnnxGraph graph, CostTable table, Target target, CalibrationSet images) {
    FixedValues fixed = FixedValues.of(graph);
    List<OnnxNode> weighted =
        graph.nodes().stream()
            .filter(node -> node.is("Conv", "Gemm", "MatMul") && !fixed.isFixed(node))
            .filter(node -> graph.initializer(node.input(1)).isPresent())
            .toList();
    Map<String, Long> sizes = new HashMap<>();
    Set<String> values = new LinkedHashSet<>(Int8Form.of(target, graph, Set.of()).values());
    weighted.forEach(node -> values.add(node.output()));
    List<String> asked =
        values.stream().filter(value -> graph.producer(value).isPresent()).toList();
    try (RuntimeModel model = RuntimeModel.observing(graph, asked)) {
      model
          .shapes(images.one(0), images.shape(1), asked)
          .forEach((value, shape) -> sizes.put(value, ValueBuffers.numel(shape)));
    }
    long input = ValueBuffers.numel(images.shape(1));
    graph.inputs().forEach(info -> sizes.put(info.name(), input));
    return new PlanCost(graph, table, target, sizes, weighted);
  }

  /** Microseconds of one image. */
  double micros(Set<String> keptFloat) {
    Int8Form form = Int8Form.of(target, graph, keptFloat);
    Set<String> integers = form.layers().stream().map(OnnxNode::name).collect(Collectors.toSet());
    double micros = 0;
    for (OnnxNode node : weighted) {
      LayerCost cost = cost(node);
      micros += integers.contains(node.name()) ? cost.integerMicros() : cost.floatMicros();
    }
    for (Map.Entry<String, Integer> value : form.conversions().entrySet()) {
      micros += value.getValue() * conversion(value.getKey()) / 2;
    }
    return micros;
  }

  private LayerCost cost(OnnxNode node) {
    Tensor weight = graph.initializer(node.input(1)).orElseThrow();
    long channels = Math.max(1, weight.size(InsertQdq.channelAxis(node)));
    return table.of(
        LayerCost.Kind.of(node, weight),
        Math.max(1, weight.numel() / channels),
        Math.max(1, sizes.getOrDefault(node.output(), 1L)));
  }

  private double conversion(String value) {
    long numbers = Math.max(1, sizes.getOrDefault(value, 1L));
    return table.of(LayerCost.Kind.POINTWISE, 1, numbers).conversionMicros();
  }
}
