package dev.lapidary.exporter.quantize;

import dev.lapidary.core.tensor.Tensor;
import dev.lapidary.exporter.onnx.OnnxGraph;
import dev.lapidary.exporter.onnx.OnnxNode;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;

/**
 * What a network would take with some layers on floats, by a {@link CostTable}: its layers with
 * weights, and the conversions wherever floats and integers meet.
 */
final class PlanCost {
  private final OnnxGraph graph;
  private final CostTable table;

  /** Of values, per image. */
  private final Map<String, Long> sizes = new HashMap<>();

  private final List<OnnxNode> weighted;

  private PlanCost(OnnxGraph graph, CostTable table, List<OnnxNode> weighted) {
    this.graph = graph;
    this.table = table;
    this.weighted = List.copyOf(weighted);
  }

  /**
   * @param images whose first tells how large values are
   */
  static PlanCost of(OnnxGraph graph, CostTable table, CalibrationSet images) {
    FixedValues fixed = FixedValues.of(graph);
    List<OnnxNode> weighted =
        graph.nodes().stream()
            .filter(node -> node.is("Conv", "Gemm", "MatMul") && !fixed.isFixed(node))
            .filter(node -> graph.initializer(node.input(1)).isPresent())
            .toList();
    PlanCost cost = new PlanCost(graph, table, weighted);
    Set<String> values = new LinkedHashSet<>(Int8Plan.of(graph, Set.of()).quantizedValues());
    weighted.forEach(node -> values.add(node.output()));
    List<String> asked =
        values.stream().filter(value -> graph.producer(value).isPresent()).toList();
    try (RuntimeModel model = RuntimeModel.observing(graph, asked)) {
      List<Tensor> tensors = model.run(images.one(0), images.shape(1), asked);
      for (int i = 0; i < asked.size(); i++) {
        cost.sizes.put(asked.get(i), tensors.get(i).numel());
      }
    }
    long numbers = 1;
    for (long side : images.shape(1)) {
      numbers *= side;
    }
    for (var input : graph.inputs()) {
      cost.sizes.put(input.name(), numbers);
    }
    return cost;
  }

  /** Microseconds of one image. */
  double micros(Set<String> keptFloat) {
    Int8Plan plan = Int8Plan.of(graph, keptFloat);
    double micros = 0;
    for (OnnxNode node : weighted) {
      LayerCost cost = cost(node);
      boolean floats = plan.roleOf(node) == Role.FLOAT;
      micros += floats ? cost.floatMicros() : cost.integerMicros();
    }
    for (String value : plan.quantizedValues()) {
      micros += conversions(plan, value) * conversion(value) / 2;
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

  /** To integers, and from them. */
  private int conversions(Int8Plan plan, String value) {
    boolean fromIntegers =
        graph.producer(value).filter(node -> plan.roleOf(node).givesIntegers()).isPresent();
    List<OnnxNode> readers = new ArrayList<>(graph.consumers(value));
    readers.removeIf(reader -> plan.roleOf(reader).takesIntegers());
    return (fromIntegers ? 0 : 1) + (fromIntegers && !readers.isEmpty() ? 1 : 0);
  }
}
