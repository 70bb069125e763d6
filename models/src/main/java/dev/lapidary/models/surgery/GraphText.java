package dev.lapidary.models.surgery;

import dev.lapidary.torchscript.graph.Argument;
import dev.lapidary.torchscript.graph.Argument.Value;
import dev.lapidary.torchscript.graph.Graph;
import dev.lapidary.torchscript.graph.Node;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.stream.Collectors;

/**
 * What two graphs are compared by: each node but casts in a line, with values numbered in their
 * order and constants by their own names, or by their numbers where no module holds them.
 */
final class GraphText {
  private final Map<Integer, Integer> numbers = new HashMap<>();
  private final List<String> lines = new ArrayList<>();
  private int next;

  private GraphText() {}

  /** Of a graph in which the one result of each omitted node is the tensor that it is made of. */
  static List<String> of(Graph graph, Node... omitted) {
    return new GraphText().lines(graph, List.of(omitted));
  }

  private List<String> lines(Graph graph, List<Node> omitted) {
    graph.inputs().forEach(this::define);
    for (Node node : graph.nodes()) {
      if (isCast(node) || omitted.contains(node)) {
        Value same = (Value) node.arguments().get(0);
        numbers.put(node.output().id(), numbers.getOrDefault(same.id(), -1));
        continue;
      }
      String arguments =
          node.arguments().stream().map(this::text).collect(Collectors.joining(", "));
      node.outputs().forEach(this::define);
      String shapes =
          node.outputs().stream()
              .map(v -> v.dtype() + v.shape().toString())
              .collect(Collectors.joining(" "));
      lines.add(node.operator() + "(" + arguments + ") " + shapes);
    }
    lines.add(graph.outputs().stream().map(this::text).collect(Collectors.joining(", ")));
    return lines;
  }

  /** To another precision, in which an operator that is omitted may have been computed. */
  private static boolean isCast(Node node) {
    return node.operator().equals("aten::to")
        && node.arguments().get(0) instanceof Value value
        && value.dtype().isFloating()
        && node.output().dtype().isFloating();
  }

  private void define(Value value) {
    numbers.put(value.id(), next++);
  }

  private String text(Argument argument) {
    if (argument instanceof Value value) {
      return "%" + numbers.getOrDefault(value.id(), -1);
    }
    if (argument instanceof Argument.Constant constant) {
      return constant.isNameless()
          ? constant.tensor() + ":" + constant.tensor().bytes().hashCode()
          : constant.name();
    }
    return argument instanceof Argument.ListOf list
        ? list.items().stream().map(this::text).collect(Collectors.joining(", ", "[", "]"))
        : argument.toString();
  }
}
