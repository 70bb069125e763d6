package dev.lapidary.exporter.torchscript;

import dev.lapidary.core.tensor.DType;
import dev.lapidary.torchscript.graph.Argument;
import dev.lapidary.torchscript.graph.Argument.Value;
import dev.lapidary.torchscript.graph.Graph;
import dev.lapidary.torchscript.graph.Node;
import dev.lapidary.torchscript.graph.SourceLocation;
import dev.lapidary.torchscript.trace.call.Schemas;
import java.util.ArrayList;
import java.util.List;

/** The nodes of a graph that is being written, in order of execution. */
final class NodeList {
  private final List<Node> nodes = new ArrayList<>();
  private String scope = "";
  private SourceLocation location = ForwardText.HERE;
  private int ids;

  /**
   * @param like whose values' numbers are not given again
   */
  NodeList(Graph like) {
    like.inputs().forEach(this::taken);
    like.nodes().forEach(node -> node.outputs().forEach(this::taken));
  }

  private void taken(Value value) {
    ids = Math.max(ids, value.id());
  }

  /** Says which node of a trace the next ones are of. */
  void at(Node traced) {
    scope = traced.scope();
    location = traced.location();
  }

  /** A new node's output in floats. */
  Value real(String operator, Argument... arguments) {
    return add(operator, DType.FLOAT32, arguments);
  }

  /** A new node's output of bytes: an activation's. */
  Value integers(String operator, Argument... arguments) {
    return add(operator, DType.QUINT8, arguments);
  }

  /** Weights, by themselves or packed. */
  Value weights(String operator, Argument... arguments) {
    return add(operator, DType.QINT8, arguments);
  }

  private Value add(String operator, DType dtype, Argument... arguments) {
    Value output = fresh(operator, dtype);
    nodes.add(
        new Node(Schemas.first(operator), List.of(arguments), List.of(output), scope, location));
    return output;
  }

  /**
   * A value of a node that is still to be added. Shapes are known to who traces what is written.
   */
  Value fresh(String name, DType dtype) {
    return new Value(++ids, name, dtype, List.of());
  }

  void add(Node node) {
    nodes.add(node);
  }

  /** Without what no output needs. */
  List<Node> needed(List<Value> outputs) {
    return Node.needed(nodes, outputs);
  }
}
