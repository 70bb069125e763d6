package dev.lapidary.exporter.pass;

import dev.lapidary.exporter.testing.GraphOf;
import java.util.List;

class FuseAddIntoConvTest extends PassContract {

  @Override
  Pass pass() {
    return new FuseAddIntoConv();
  }

  private static GraphOf conv() {
    return new GraphOf(3, 6, 6).constant("w", 4, 3, 3, 3).constant("b", 4);
  }

  @Override
  List<Case> fires() {
    return List.of(
        on(
            "[C,1,1] onto a bias",
            conv()
                .constant("c", 4, 1, 1)
                .node("h", "Conv", "x", "w", "b")
                .node("y", "Add", "h", "c")
                .output("y", 4),
            "Conv"),
        on(
            "[1,C,1,1] from the left, no bias before",
            conv()
                .constant("c", 1, 4, 1, 1)
                .node("h", "Conv", "x", "w")
                .node("y", "Add", "c", "h")
                .output("y", 4),
            "Conv"),
        on(
            "one number",
            conv()
                .number("c", 3)
                .node("h", "Conv", "x", "w", "b")
                .node("y", "Add", "h", "c")
                .output("y", 4),
            "Conv"));
  }

  @Override
  List<Case> doesNotFire() {
    return List.of(
        on(
            "a constant by row",
            conv()
                .constant("c", 4, 1)
                .node("h", "Conv", "x", "w", "b")
                .node("y", "Add", "h", "c")
                .output("y", 4)),
        on(
            "a constant by column of the same count",
            conv()
                .constant("c", 4)
                .node("h", "Conv", "x", "w", "b")
                .node("y", "Add", "h", "c")
                .output("y", 4)),
        on(
            "a residual",
            new GraphOf(4, 6, 6)
                .constant("w", 4, 4, 1, 1)
                .node("h", "Conv", "x", "w")
                .node("y", "Add", "h", "x")
                .output("y", 4)),
        on(
            "the Conv is read twice",
            conv()
                .constant("c", 4, 1, 1)
                .node("h", "Conv", "x", "w", "b")
                .node("a", "Add", "h", "c")
                .node("y", "Mul", "a", "h")
                .output("y", 4)));
  }
}
