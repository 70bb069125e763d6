package dev.lapidary.exporter.pass;

import static dev.lapidary.exporter.onnx.Attribute.of;

import dev.lapidary.exporter.testing.GraphOf;
import java.util.List;
import java.util.Map;

class MeanToGlobalAveragePoolTest extends PassContract {

  @Override
  Pass pass() {
    return new MeanToGlobalAveragePool();
  }

  @Override
  List<Case> fires() {
    return List.of(
        on(
            "sizes kept",
            new GraphOf(3, 4, 5)
                .node("y", "ReduceMean", Map.of("axes", of(2, 3)), "x")
                .output("y", 4),
            "GlobalAveragePool"),
        on(
            "sizes dropped, axes from the end",
            new GraphOf(3, 4, 5)
                .node("y", "ReduceMean", Map.of("axes", of(-1, -2), "keepdims", of(0)), "x")
                .output("y", 2),
            "GlobalAveragePool",
            "Flatten"));
  }

  @Override
  List<Case> doesNotFire() {
    return List.of(
        on(
            "over channels",
            new GraphOf(3, 4, 5)
                .node("y", "ReduceMean", Map.of("axes", of(1, 2)), "x")
                .output("y", 4)),
        on(
            "over one axis",
            new GraphOf(3, 4, 5)
                .node("y", "ReduceMean", Map.of("axes", of(3)), "x")
                .output("y", 4)),
        on(
            "a sequence of tokens",
            new GraphOf(4, 5)
                .node("y", "ReduceMean", Map.of("axes", of(1, 2)), "x")
                .output("y", 3)));
  }
}
