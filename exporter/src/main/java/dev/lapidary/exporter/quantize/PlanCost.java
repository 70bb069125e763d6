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
 */
final class PlanCost {
  private final OnnxGraph graph;
  private final CostTable table;
  private final Int8Form form;

  /** Of values, per image. */
  private final Map<String, Long> sizes = new HashMap<>();

  private final List<OnnxNode> weighted;

  private PlanCost(OnnxGraph graph, CostTable table, Int8Form form, List<OnnxNode> weighted) {
    this.graph = graph;
    this.table = table;
    this.form = form;
    this.weighted = List.copyOf(weighted);
  }

  /**
   * @param images whose first tells how large values are
   */
  static PlanCost of(OnnxGraph graph, CostTable table, Int8Form form, CalibrationSet images) {
    FixedValues fixed = FixedValues.of(graph);
    List<OnnxNode> weighted =
        graph.nodes().stream()
            .filter(node -> node.is("Conv", "Gemm", "MatMul") && !fixed.isFixed(node))
            .filter(node -> graph.initializer(node.input(1)).isPresent())
            .toList();
    PlanCost cost = new PlanCost(graph, table, form, weighted);
    Set<String> values = new LinkedHashSet<>(form.values(graph, Set.of()));
    weighted.forEach(node -> values.add(node.output()));
    List<String> asked =
        values.stream().filter(value -> graph.producer(value).isPresent()).toList();
    try (RuntimeModel model = RuntimeModel.observing(graph, asked)) {
      model
          .shapes(images.one(0), images.shape(1), asked)
          .forEach((value, shape) -> cost.sizes.put(value, ValueBuffers.numel(shape)));
    }
    for (var input : graph.inputs()) {
      cost.sizes.put(input.name(), ValueBuffers.numel(images.shape(1)));
    }
    return cost;
  }

  /** Microseconds of one image. */
  double micros(Set<String> keptFloat) {
    Set<String> integers =
        form.layers(graph, keptFloat).stream().map(OnnxNode::name).collect(Collectors.toSet());
    double micros = 0;
    for (OnnxNode node : weighted) {
      LayerCost cost = cost(node);
      micros += integers.contains(node.name()) ? cost.integerMicros() : cost.floatMicros();
    }
    for (Map.Entry<String, Integer> value : form.conversions(graph, keptFloat).entrySet()) {
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
