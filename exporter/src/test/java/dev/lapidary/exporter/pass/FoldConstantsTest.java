package dev.lapidary.exporter.pass;

import dev.lapidary.core.tensor.DType;
import dev.lapidary.core.tensor.Tensor;
import dev.lapidary.exporter.onnx.Attribute;
import dev.lapidary.exporter.onnx.OnnxGraph;
import dev.lapidary.exporter.testing.GraphOf;
import java.util.List;
import java.util.Map;

class FoldConstantsTest extends PassContract {

  @Override
  Pass pass() {
    return new FoldConstants();
  }

  @Override
  List<Case> fires() {
    return List.of(
        on(
            "a turned weight",
            new GraphOf(3)
                .constant("w", 4, 3)
                .node("t", "Transpose", Map.of("perm", Attribute.of(1, 0)), "w")
                .node("y", "MatMul", "x", "t")
                .output("y", 2),
            "MatMul"),
        on(
            "a chain: 16 sigmoid(W b)",
            new GraphOf(3)
                .constant("w", 3, 3)
                .constant("b", 3)
                .number("sixteen", 16)
                .node("p", "MatMul", "w", "b")
                .node("s", "Sigmoid", "p")
                .node("m", "Mul", "s", "sixteen")
                .node("y", "Add", "x", "m")
                .output("y", 2),
            "Add"));
  }

  /** Of 40,000 numbers: the runtime may compute it, where it has its own limits. */
  private static OnnxGraph hugeProduct() {
    return new GraphOf(3)
        .constant("column", 20000, 1)
        .constant("row", 1, 20000)
        .node("p", "MatMul", "column", "row")
        .node("m", "ReduceMean", "p")
        .node("y", "Add", "x", "m")
        .output("y", 2);
  }

  /** A weight of eight bits as floats would be four times as large. */
  private static OnnxGraph quantizedWeight() {
    OnnxGraph graph =
        new GraphOf(3)
            .number("scale", 0.5f)
            .node("d", "DequantizeLinear", "q", "scale")
            .node("y", "Add", "x", "d")
            .output("y", 2);
    graph.setInitializer("q", Tensor.zeros(DType.INT8, 3));
    return graph;
  }

  @Override
  List<Case> doesNotFire() {
    return List.of(
        on("a quantized weight", quantizedWeight()),
        on("a product of 400 million numbers", hugeProduct()),
        on(
            "one input is not constant",
            new GraphOf(3).constant("w", 3).node("y", "Add", "x", "w").output("y", 2)),
        on(
            "the result is an output",
            new GraphOf(3).constant("w", 1, 3).node("y", "Neg", "w").output("y", 2)),
        on(
            "the result is much more than the constants",
            new GraphOf(4, 3)
                .constant("w", 1, 3)
                .longs("s", 4, 3)
                .node("e", "Expand", "w", "s")
                .node("y", "Add", "x", "e")
                .output("y", 3)));
  }
}
