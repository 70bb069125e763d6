package dev.lapidary.exporter.quantize;

import dev.lapidary.exporter.onnx.OnnxGraph;
import dev.lapidary.exporter.onnx.OnnxNode;
import java.util.HashSet;
import java.util.List;
import java.util.Optional;
import java.util.Set;

/**
 * Finds layer normalizations that opsets before 17 have to write out, to treat them as the one
 * operator that they are.
 *
 * <pre>
 *   c = Sub(x, ReduceMean(x)),   y = Div(c, Sqrt(Add(ReduceMean(Mul(c, c)), epsilon)))
 * </pre>
 */
final class WrittenOutNorms {
  private WrittenOutNorms() {}

  /** The names of all their nodes. */
  static Set<String> nodes(OnnxGraph graph) {
    Set<String> names = new HashSet<>();
    for (OnnxNode node : graph.nodes()) {
      if (node.is("Div")) {
        steps(graph, node).forEach(step -> names.add(step.name()));
      }
    }
    return names;
  }

  private static List<OnnxNode> steps(OnnxGraph graph, OnnxNode div) {
    Optional<OnnxNode> centred = producer(graph, div.input(0), "Sub");
    Optional<OnnxNode> mean = centred.flatMap(n -> producer(graph, n.input(1), "ReduceMean"));
    Optional<OnnxNode> root = producer(graph, div.input(1), "Sqrt");
    Optional<OnnxNode> sum = root.flatMap(n -> producer(graph, n.input(0), "Add"));
    Optional<OnnxNode> variance = sum.flatMap(n -> producer(graph, n.input(0), "ReduceMean"));
    Optional<OnnxNode> square =
        variance
            .flatMap(n -> producer(graph, n.input(0), "Mul"))
            .filter(n -> n.inputs().equals(List.of(div.input(0), div.input(0))));
    return mean.isEmpty() || square.isEmpty()
        ? List.of()
        : List.of(
            div,
            centred.orElseThrow(),
            mean.get(),
            root.orElseThrow(),
            sum.orElseThrow(),
            variance.orElseThrow(),
            square.get());
  }

  private static Optional<OnnxNode> producer(OnnxGraph graph, String value, String op) {
    return graph.producer(value).filter(node -> node.is(op));
  }
}
