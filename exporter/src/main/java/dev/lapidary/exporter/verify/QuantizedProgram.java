package dev.lapidary.exporter.verify;

import dev.lapidary.models.graph.Argument;
import dev.lapidary.models.graph.Argument.Value;
import dev.lapidary.models.graph.Graph;
import dev.lapidary.models.graph.Node;
import dev.lapidary.models.tensor.DType;
import dev.lapidary.models.trace.Schemas;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.Deque;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.function.UnaryOperator;

/**
 * Two forms of a quantized network, whose outputs are its roundings, that is whatever it puts on a
 * grid of integers: the source's own operators, and what each rounding alone is computed from.
 */
final class QuantizedProgram {
  private final Graph graph;
  private final List<Rounding> roundings = new ArrayList<>();
  private int ids;

  /**
   * @param quantize to integers
   * @param dequantize what they mean, which other nodes read
   */
  record Rounding(Node quantize, Node dequantize) {
    Value real() {
      return dequantize.output();
    }

    double scale() {
      return ((Argument.Real) quantize.argument("scale")).value();
    }
  }

  QuantizedProgram(Graph graph) {
    this.graph = graph;
    Map<Integer, Node> quantizes = new HashMap<>();
    for (Node node : graph.nodes()) {
      node.outputs().forEach(output -> ids = Math.max(ids, output.id()));
      if (node.operator().equals("aten::quantize_per_tensor")) {
        quantizes.put(node.output().id(), node);
      } else if (node.operator().equals("aten::dequantize")
          && node.argument("self") instanceof Value integers
          && quantizes.containsKey(integers.id())) {
        roundings.add(new Rounding(quantizes.get(integers.id()), node));
      }
    }
    graph.sourceCalls().forEach(n -> n.outputs().forEach(o -> ids = Math.max(ids, o.id())));
  }

  List<Rounding> roundings() {
    return roundings;
  }

  /**
   * The source's own operators, from the input to what each rounding's integers mean; the last
   * output is the network's.
   */
  Graph source() {
    List<Value> outputs = new ArrayList<>();
    roundings.forEach(rounding -> outputs.add(rounding.real()));
    outputs.addAll(graph.outputs());
    Selection selection = new Selection();
    outputs.replaceAll(selection::wanted);
    return new Graph(graph.name(), graph.inputs(), selection.nodes(), outputs);
  }

  /** The nodes that some values need: of a quantized value its own, of any other the plain one. */
  private final class Selection {
    private final Map<Integer, Node> own = producers(graph.sourceCalls());
    private final Map<Integer, Node> plain = producers(graph.nodes());
    private final Map<Integer, Node> kept = new HashMap<>();
    private final Deque<Value> open = new ArrayDeque<>();

    /** What a quantized value means, by its number, and the value of which it is computed here. */
    private final Map<Integer, Value> reals = new HashMap<>();

    /** The value that stands for another one in the selection. */
    Value wanted(Value value) {
      Node call = own.get(value.id());
      if (call == null || isQuantized(value)) {
        open.add(value);
        return value;
      }
      return reals.computeIfAbsent(value.id(), id -> dequantized(value, call));
    }

    private Value dequantized(Value value, Node call) {
      Value integers = output(call, value.id());
      open.add(integers);
      Value real = fresh(value, DType.FLOAT32);
      kept.put(real.id(), node("aten::dequantize", List.of(integers), real, call));
      return real;
    }

    List<Node> nodes() {
      while (!open.isEmpty()) {
        Value value = open.remove();
        Map<Integer, Node> producers =
            isQuantized(value) && own.containsKey(value.id()) ? own : plain;
        Node producer = producers.get(value.id());
        if (producer != null && !kept.containsKey(producer.output().id())) {
          kept.put(producer.output().id(), rewritten(producer, this::wanted));
        }
      }
      return ordered();
    }

    /** By the place in the trace, which their numbers follow; a new one is behind what it reads. */
    private List<Node> ordered() {
      Map<Integer, Integer> origin = new HashMap<>();
      reals.forEach((id, real) -> origin.put(real.id(), id));
      Comparator<Node> byPlace =
          Comparator.comparingInt(n -> origin.getOrDefault(n.output().id(), n.output().id()));
      return kept.values().stream()
          .sorted(byPlace.thenComparingInt(n -> origin.containsKey(n.output().id()) ? 1 : 0))
          .toList();
    }
  }

  private static Map<Integer, Node> producers(List<Node> nodes) {
    Map<Integer, Node> producers = new HashMap<>();
    nodes.forEach(node -> node.outputs().forEach(output -> producers.put(output.id(), node)));
    return producers;
  }

  private static Value output(Node node, int id) {
    return node.outputs().stream().filter(o -> o.id() == id).findFirst().orElseThrow();
  }

  private static boolean isQuantized(Value value) {
    return value.dtype() == DType.QUINT8 || value.dtype() == DType.QINT8;
  }

  /**
   * Each rounding from integers that are given, not from those that the roundings before it gave:
   * after the network's own input, an input for each of {@link #roundings} that another node reads.
   */
  Graph apart(List<Rounding> read) {
    List<Value> inputs = new ArrayList<>(graph.inputs());
    List<Node> nodes = new ArrayList<>();
    Map<Integer, Value> given = new HashMap<>();
    for (Rounding rounding : read) {
      Value input = fresh(rounding.real(), DType.FLOAT32);
      Value integers = fresh(rounding.real(), rounding.quantize().output().dtype());
      Value real = fresh(rounding.real(), DType.FLOAT32);
      List<Argument> arguments = new ArrayList<>(rounding.quantize().arguments());
      arguments.set(0, input);
      inputs.add(input);
      nodes.add(node("aten::quantize_per_tensor", arguments, integers, rounding.quantize()));
      nodes.add(node("aten::dequantize", List.of(integers), real, rounding.quantize()));
      given.put(rounding.real().id(), real);
    }
    UnaryOperator<Value> renamed = value -> given.getOrDefault(value.id(), value);
    graph.nodes().forEach(node -> nodes.add(rewritten(node, renamed)));
    return new Graph(graph.name(), inputs, nodes, roundings.stream().map(Rounding::real).toList());
  }

  /** Those that another node reads. */
  List<Rounding> read() {
    Set<Integer> values = new HashSet<>();
    UnaryOperator<Value> note =
        value -> {
          values.add(value.id());
          return value;
        };
    graph.nodes().forEach(node -> rewritten(node, note));
    return roundings.stream().filter(r -> values.contains(r.real().id())).toList();
  }

  private Value fresh(Value like, DType dtype) {
    return new Value(++ids, like.name(), dtype, like.shape());
  }

  private static Node node(String operator, List<Argument> arguments, Value output, Node place) {
    return new Node(
        Schemas.first(operator), arguments, List.of(output), place.scope(), place.location());
  }

  private static Node rewritten(Node node, UnaryOperator<Value> values) {
    List<Argument> arguments =
        node.arguments().stream().map(argument -> rewritten(argument, values)).toList();
    return new Node(node.schema(), arguments, node.outputs(), node.scope(), node.location());
  }

  private static Argument rewritten(Argument argument, UnaryOperator<Value> values) {
    if (argument instanceof Value value) {
      return values.apply(value);
    }
    return argument instanceof Argument.ListOf list
        ? new Argument.ListOf(list.items().stream().map(i -> rewritten(i, values)).toList())
        : argument;
  }
}
