package dev.lapidary.exporter.pass;

import static dev.lapidary.exporter.onnx.Attribute.of;

import dev.lapidary.exporter.testing.GraphOf;
import java.util.List;
import java.util.Map;

class JoinMovesTest extends PassContract {

  @Override
  Pass pass() {
    return new JoinMoves();
  }

  @Override
  List<Case> fires() {
    return List.of(
        on(
            "two Transposes that cancel",
            new GraphOf(3, 4, 5)
                .node("r", "Relu", "x")
                .node("a", "Transpose", Map.of("perm", of(0, 2, 3, 1)), "r")
                .node("b", "Transpose", Map.of("perm", of(0, 3, 1, 2)), "a")
                .node("y", "Neg", "b")
                .output("y", 4),
            "Relu",
            "Transpose", // read by nobody: dead code elimination takes it
            "Neg"),
        on(
            "a Reshape of a Reshape",
            new GraphOf(3, 4)
                .longs("s", -1, 12)
                .longs("t", -1, 2, 6)
                .node("a", "Reshape", "x", "s")
                .node("y", "Reshape", "a", "t")
                .output("y", 3),
            "Reshape",
            "Reshape"),
        on(
            "a Reshape of a Flatten",
            new GraphOf(3, 4)
                .longs("t", -1, 2, 6)
                .node("a", "Flatten", "x")
                .node("y", "Reshape", "a", "t")
                .output("y", 3),
            "Flatten",
            "Reshape"));
  }

  @Override
  List<Case> doesNotFire() {
    return List.of(
        on(
            "the second Reshape copies a size of the first",
            new GraphOf(3, 4)
                .longs("s", -1, 2, 6)
                .longs("t", 0, 12)
                .node("a", "Reshape", "x", "s")
                .node("y", "Reshape", "a", "t")
                .output("y", 2)),
        on(
            "a Transpose that turns",
            new GraphOf(3, 3)
                .node("y", "Transpose", Map.of("perm", of(0, 2, 1)), "x")
                .output("y", 3)));
  }
}
