package dev.lapidary.torchscript.graph;

import dev.lapidary.torchscript.graph.Argument.Value;
import java.util.ArrayDeque;
import java.util.Deque;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.function.UnaryOperator;
import java.util.stream.Stream;

/**
 * One application of an aten operator.
 *
 * @param arguments one for each parameter of the schema, in its order, defaults filled in
 * @param outputs one value for each tensor returned; a returned {@code Tensor[]} is spread out
 * @param scope the state_dict path of the module that computed it ({@code layer1.0.conv1}), or
 *     empty
 */
public record Node(
    Schema schema,
    List<Argument> arguments,
    List<Value> outputs,
    String scope,
    SourceLocation location) {
  public Node {
    arguments = List.copyOf(arguments);
    outputs = List.copyOf(outputs);
  }

  public String operator() {
    return schema.operator();
  }

  public Argument argument(String parameter) {
    return arguments.get(schema.indexOf(parameter));
  }

  public Value output() {
    return outputs.get(0);
  }

  /** The tensors of the program that it reads, those in lists too. */
  public Stream<Value> read() {
    return arguments.stream()
        .flatMap(Argument::flat)
        .flatMap(argument -> argument instanceof Value value ? Stream.of(value) : Stream.empty());
  }

  public Node with(List<Argument> others, List<Value> results) {
    return new Node(schema, others, results, scope, location);
  }

  /** The same of another tensor for each that it reads. */
  public Node reading(UnaryOperator<Value> values) {
    return with(arguments.stream().map(argument -> argument.with(values)).toList(), outputs);
  }

  /** For each value's number, the node that gives it. */
  public static Map<Integer, Node> producers(List<Node> nodes) {
    Map<Integer, Node> producers = new HashMap<>();
    nodes.forEach(node -> node.outputs().forEach(output -> producers.put(output.id(), node)));
    return producers;
  }

  /** Those of the nodes, in order of execution, that the outputs depend on. */
  public static List<Node> needed(List<Node> nodes, List<Value> outputs) {
    Set<Integer> wanted = new HashSet<>();
    outputs.forEach(output -> wanted.add(output.id()));
    Deque<Node> kept = new ArrayDeque<>();
    for (int i = nodes.size() - 1; i >= 0; i--) {
      Node node = nodes.get(i);
      if (node.outputs().stream().anyMatch(output -> wanted.contains(output.id()))) {
        node.read().forEach(value -> wanted.add(value.id()));
        kept.push(node);
      }
    }
    return List.copyOf(kept);
  }
}
