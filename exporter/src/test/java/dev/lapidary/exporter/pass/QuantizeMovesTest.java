package dev.lapidary.exporter.pass;

import static dev.lapidary.exporter.onnx.Attribute.of;
import static org.assertj.core.api.Assertions.assertThat;

import dev.lapidary.core.tensor.DType;
import dev.lapidary.core.tensor.Tensor;
import dev.lapidary.core.tensor.Uniform;
import dev.lapidary.exporter.onnx.Attribute;
import dev.lapidary.exporter.onnx.OnnxGraph;
import dev.lapidary.exporter.testing.GraphOf;
import dev.lapidary.exporter.testing.OrtRun;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;

class QuantizeMovesTest extends PassContract {
  private static final Map<String, Attribute> POOL = Map.of("kernel_shape", of(2, 2));

  @Override
  Pass pass() {
    return new QuantizeMoves();
  }

  /** x on a grid: a, and on another: b. */
  private static GraphOf onGrids() {
    return new GraphOf(4, 6, 6)
        .number("s", 0.0079f)
        .integer("z", DType.UINT8, 131)
        .number("s2", 0.0081f)
        .node("qa", "QuantizeLinear", "x", "s", "z")
        .node("a", "DequantizeLinear", "qa", "s", "z")
        .node("qb", "QuantizeLinear", "x", "s2", "z")
        .node("b", "DequantizeLinear", "qb", "s2", "z");
  }

  private static Case moved(String title, GraphOf graph, String... behindGrids) {
    String[] all = new String[4 + behindGrids.length];
    for (int i = 0; i < 4; i++) {
      all[i] = i % 2 == 0 ? "QuantizeLinear" : "DequantizeLinear";
    }
    System.arraycopy(behindGrids, 0, all, 4, behindGrids.length);
    return on(title, graph.output("y", 4), all);
  }

  @Override
  List<Case> fires() {
    return List.of(
        moved(
            "a pool",
            onGrids().node("p", "MaxPool", POOL, "a").node("y", "Neg", "p"),
            "MaxPool",
            "QuantizeLinear",
            "DequantizeLinear",
            "Neg"),
        moved(
            "a chain of moves",
            onGrids()
                .node("p", "MaxPool", POOL, "a")
                .node("t", "Transpose", Map.of("perm", of(0, 2, 3, 1)), "p")
                .node("y", "Neg", "t"),
            "MaxPool",
            "QuantizeLinear",
            "DequantizeLinear",
            "Transpose",
            "QuantizeLinear",
            "DequantizeLinear",
            "Neg"),
        moved(
            "parts of one grid",
            onGrids().node("c", "Concat", Map.of("axis", of(1)), "a", "a").node("y", "Neg", "c"),
            "Concat",
            "QuantizeLinear",
            "DequantizeLinear",
            "Neg"),
        moved(
            "a reader on another grid beside one of floats",
            onGrids()
                .node("p", "MaxPool", POOL, "a")
                .node("q", "QuantizeLinear", "p", "s2", "z")
                .node("r", "DequantizeLinear", "q", "s2", "z")
                .node("y", "Add", "p", "r"),
            "MaxPool",
            "QuantizeLinear",
            "DequantizeLinear",
            "QuantizeLinear",
            "DequantizeLinear",
            "Add"));
  }

  @Override
  List<Case> doesNotFire() {
    return List.of(
        on(
            "parts on different grids",
            onGrids()
                .node("c", "Concat", Map.of("axis", of(1)), "a", "b")
                .node("y", "Neg", "c")
                .output("y", 4)),
        on(
            "one part of floats",
            onGrids()
                .node("c", "Concat", Map.of("axis", of(1)), "a", "x")
                .node("y", "Neg", "c")
                .output("y", 4)),
        on(
            "floats",
            onGrids().node("p", "MaxPool", POOL, "x").node("y", "Neg", "p").output("y", 4)),
        on(
            "a scale for each channel",
            new GraphOf(4, 6, 6)
                .positive("s", 4)
                .integer("z", DType.UINT8, 1, 2, 3, 4)
                .node("q", "QuantizeLinear", Map.of("axis", of(1)), "x", "s", "z")
                .node("a", "DequantizeLinear", Map.of("axis", of(1)), "q", "s", "z")
                .node("t", "Transpose", Map.of("perm", of(0, 2, 3, 1)), "a")
                .node("y", "Neg", "t")
                .output("y", 4)),
        on(
            "weights",
            new GraphOf(4, 6, 6)
                .number("s", 0.5f)
                .integer("z", DType.UINT8, 3)
                .integer("w", DType.UINT8, 1, 2, 3, 4, 5, 6)
                .node("a", "DequantizeLinear", "w", "s", "z")
                .longs("shape", 1, 6)
                .node("r", "Reshape", "a", "shape")
                .node("y", "Add", "x", "r")
                .output("y", 4)),
        on("the graph's output", onGrids().node("y", "MaxPool", POOL, "a").output("y", 4)),
        on(
            "a reader that quantizes already",
            onGrids()
                .node("p", "MaxPool", POOL, "a")
                .node("q", "QuantizeLinear", "p", "s2", "z")
                .node("y", "DequantizeLinear", "q", "s2", "z")
                .output("y", 4)),
        on(
            "what computes",
            onGrids().node("p", "AveragePool", POOL, "a").node("y", "Neg", "p").output("y", 4)));
  }

  /** What lies on the grid is what it was, bit by bit. */
  @Test
  void changesNoBit() {
    for (Case c : fires()) {
      OnnxGraph graph = c.graph();
      Tensor input = Uniform.tensor("input", 2, 4, 6, 6);
      Tensor before = OrtRun.first(graph, input);
      assertThat(pass().apply(graph)).isPositive();
      assertThat(OrtRun.first(graph, input).bytes()).as(c.title()).isEqualTo(before.bytes());
    }
  }
}
