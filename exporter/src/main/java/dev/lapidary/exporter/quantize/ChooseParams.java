package dev.lapidary.exporter.quantize;

import dev.lapidary.exporter.onnx.OnnxGraph;
import dev.lapidary.exporter.onnx.OnnxNode;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;

/**
 * Gives each value that exists as integers its scale and zero point.
 *
 * @param ranges of all observed values
 * @param params of the values so far
 */
record ChooseParams(
    OnnxGraph graph, Int8Plan plan, Map<String, Range> ranges, Map<String, QuantParams> params) {
  /** {@code HardSigmoid(x) = clip(x / 6 + 1/2, 0, 1)} ends at these. */
  private static final double HARD_EDGE = 3;

  /**
   * By value, in the graph's order.
   *
   * @param ranges of all observed values
   */
  static Map<String, QuantParams> of(OnnxGraph graph, Int8Plan plan, Map<String, Range> ranges) {
    ChooseParams choice = new ChooseParams(graph, plan, ranges, new LinkedHashMap<>());
    plan.quantizedValues().forEach(value -> choice.params.put(value, choice.choose(value)));
    return choice.params;
  }

  private QuantParams choose(String value) {
    Optional<OnnxNode> producer = graph.producer(value);
    if (producer.isPresent()) {
      OnnxNode node = producer.get();
      Role role = plan.roleOf(node);
      if (role == Role.PASS) {
        return Objects.requireNonNull(
            params.get(node.input(0)), () -> node.input(0) + " has no integers yet");
      }
      if (role == Role.COMPUTE && node.is("Sigmoid")) {
        return QuantParams.of(new Range(0, 1), QuantType.U8);
      }
      if (role == Role.COMPUTE && node.is("HardSigmoid")) {
        return InsertQdq.HARD_GATE;
      }
    }
    Range range = Objects.requireNonNull(ranges.get(value), () -> value + " was not observed");
    return QuantParams.of(visible(value, range), QuantType.U8);
  }

  /**
   * What of a range makes a difference: HardSwish and HardSigmoid are constant below -3 (and
   * HardSigmoid above 3), so a value that only they read needs no integers there.
   */
  private Range visible(String value, Range range) {
    List<OnnxNode> readers = graph.consumers(value);
    if (readers.isEmpty() || graph.isOutput(value)) {
      return range;
    }
    boolean hard = readers.stream().allMatch(r -> r.is("HardSwish", "HardSigmoid"));
    boolean gate = readers.stream().allMatch(r -> r.is("HardSigmoid"));
    boolean integers = readers.stream().allMatch(r -> plan.roleOf(r) == Role.COMPUTE);
    if (!hard || !integers) {
      return range;
    }
    return new Range(
        Math.max(range.min(), -HARD_EDGE), gate ? Math.min(range.max(), HARD_EDGE) : range.max());
  }
}
