package dev.lapidary.exporter.pass;

import dev.lapidary.exporter.testing.GraphOf;
import java.util.List;

class EliminateDeadCodeTest extends PassContract {

  @Override
  Pass pass() {
    return new EliminateDeadCode();
  }

  @Override
  List<Case> fires() {
    return List.of(
        on(
            "a chain that nobody reads, with its constant",
            new GraphOf(3)
                .constant("w", 3)
                .node("a", "Add", "x", "w")
                .node("b", "Relu", "a")
                .node("y", "Neg", "x")
                .output("y", 2),
            "Neg"));
  }

  @Override
  List<Case> doesNotFire() {
    return List.of(
        on(
            "all is read",
            new GraphOf(3).constant("w", 3).node("y", "Add", "x", "w").output("y", 2)));
  }
}
