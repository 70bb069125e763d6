package dev.lapidary.exporter.pass;

import static dev.lapidary.exporter.onnx.Attribute.of;

import dev.lapidary.exporter.testing.GraphOf;
import java.util.List;
import java.util.Map;

class EliminateIdentitiesTest extends PassContract {

  @Override
  Pass pass() {
    return new EliminateIdentities();
  }

  @Override
  List<Case> fires() {
    return List.of(
        on(
            "Identity in the middle and at the end",
            new GraphOf(3)
                .node("a", "Neg", "x")
                .node("b", "Identity", "a")
                .node("c", "Relu", "b")
                .node("y", "Identity", "c")
                .output("y", 2),
            "Neg",
            "Relu"),
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
            "Pad by nothing",
            new GraphOf(3)
                .longs("p", 0, 0, 0, 0)
                .node("a", "Pad", "x", "p")
                .node("y", "Relu", "a")
                .output("y", 2),
            "Relu"),
        on(
            "Concat of one",
            new GraphOf(3)
                .node("a", "Concat", Map.of("axis", of(1)), "x")
                .node("y", "Relu", "a")
                .output("y", 2),
            "Relu"));
  }

  @Override
  List<Case> doesNotFire() {
    return List.of(
        on("between input and output", new GraphOf(3).node("y", "Identity", "x").output("y", 2)),
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
                .output("y", 3)),
        on(
            "Pad by something",
            new GraphOf(3).longs("p", 0, 0, 0, 1).node("y", "Pad", "x", "p").output("y", 2)));
  }
}
