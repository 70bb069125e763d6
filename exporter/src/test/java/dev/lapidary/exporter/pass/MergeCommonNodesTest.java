package dev.lapidary.exporter.pass;

import static dev.lapidary.exporter.onnx.Attribute.of;

import dev.lapidary.exporter.testing.GraphOf;
import java.util.List;
import java.util.Map;

class MergeCommonNodesTest extends PassContract {

  @Override
  Pass pass() {
    return new MergeCommonNodes();
  }

  @Override
  List<Case> fires() {
    return List.of(
        on(
            "two equal chains",
            new GraphOf(3)
                .node("a", "Sigmoid", "x")
                .node("b", "Sigmoid", "x")
                .node("c", "Neg", "a")
                .node("d", "Neg", "b")
                .node("y", "Mul", "c", "d")
                .output("y", 2),
            "Sigmoid",
            "Neg",
            "Mul"));
  }

  @Override
  List<Case> doesNotFire() {
    return List.of(
        on(
            "other attributes",
            new GraphOf(3)
                .node("a", "LeakyRelu", Map.of("alpha", of(0.1)), "x")
                .node("b", "LeakyRelu", Map.of("alpha", of(0.2)), "x")
                .node("y", "Mul", "a", "b")
                .output("y", 2)),
        on(
            "inputs exchanged",
            new GraphOf(3)
                .constant("w", 3)
                .node("a", "Sub", "x", "w")
                .node("b", "Sub", "w", "x")
                .node("y", "Mul", "a", "b")
                .output("y", 2)));
  }
}
