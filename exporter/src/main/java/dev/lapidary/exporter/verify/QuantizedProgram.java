package dev.lapidary.exporter.verify;

import dev.lapidary.core.tensor.DType;
import dev.lapidary.core.tensor.Tensor;
import dev.lapidary.torchscript.graph.Argument;
import dev.lapidary.torchscript.graph.Argument.Value;
import dev.lapidary.torchscript.graph.Graph;
import dev.lapidary.torchscript.graph.Node;
import dev.lapidary.torchscript.trace.call.Schemas;
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
  private static final Set<String> WEIGHTS =
      Set.of("aten::_make_per_tensor_quantized_tensor", "aten::_make_per_channel_quantized_tensor");

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

  /** The source's own operators, each rounding from integers that are {@link Given}. */
  Graph sourceApart() {
    Given given = new Given();
    Selection selection = new Selection();
    List<Value> outputs = roundings.stream().map(r -> selection.wanted(r.real())).toList();
    List<Node> nodes = new ArrayList<>(given.nodes);
    UnaryOperator<Value> renamed = value -> given.of(value, selection.origin(value));
    for (Node node : selection.nodes()) {
      nodes.add(outputs.contains(node.output()) ? node : node.reading(renamed));
    }
    return new Graph(graph.name(), given.inputs, nodes, outputs);
  }

  /** The nodes that some values need: of a quantized value its own, of any other the plain one. */
  private final class Selection {
    private final Map<Integer, Node> own = Node.producers(graph.sourceCalls());
    private final Map<Integer, Node> plain = Node.producers(graph.nodes());
    private final Map<Integer, Node> kept = new HashMap<>();
    private final Deque<Value> open = new ArrayDeque<>();

    /** What a quantized value means, by its number, and the value of which it is computed here. */
    private final Map<Integer, Value> reals = new HashMap<>();

    private final Map<Integer, Integer> origins = new HashMap<>();

    /** The value that stands for another one in the selection. */
    Value wanted(Value value) {
      Node call = own.get(value.id());
      if (call == null || isQuantized(value) || givesFloats(call, value)) {
        open.add(value);
        return value;
      }
      return reals.computeIfAbsent(value.id(), id -> dequantized(value, call));
    }

    private Value dequantized(Value value, Node call) {
      Value integers = output(call, value.id());
      open.add(integers);
      Value real = fresh(value, DType.FLOAT32);
      origins.put(real.id(), value.id());
      kept.put(real.id(), node("aten::dequantize", List.of(integers), real, call));
      return real;
    }

    /** The number in the trace of a value, which may stand for another one. */
    int origin(Value value) {
      return origins.getOrDefault(value.id(), value.id());
    }

    List<Node> nodes() {
      while (!open.isEmpty()) {
        Value value = open.remove();
        Node call = own.get(value.id());
        Node producer =
            call != null && (isQuantized(value) || givesFloats(call, value))
                ? call
                : plain.get(value.id());
        if (producer != null && !kept.containsKey(producer.output().id())) {
          kept.put(producer.output().id(), producer.reading(this::wanted));
        }
      }
      return ordered();
    }

    /** By the place in the trace, which their numbers follow; a new one is behind what it reads. */
    private List<Node> ordered() {
      Comparator<Node> byPosition = Comparator.comparingInt(n -> origin(n.output()));
      return kept.values().stream()
          .sorted(byPosition.thenComparingInt(n -> origins.containsKey(n.output().id()) ? 1 : 0))
          .toList();
    }
  }

  private static Value output(Node node, int id) {
    return node.outputs().stream().filter(o -> o.id() == id).findFirst().orElseThrow();
  }

  /** Whether one of the source's operators gives a value in floats, with no integers behind it. */
  private static boolean givesFloats(Node call, Value value) {
    return !isQuantized(output(call, value.id()));
  }

  private static boolean isQuantized(Value value) {
    return value.dtype() == DType.QUINT8 || value.dtype() == DType.QINT8;
  }

  /** The same layers, the integers of whose weights are at most 64. */
  QuantizedProgram withHalvedWeights() {
    List<Node> nodes = graph.nodes().stream().map(QuantizedProgram::halved).toList();
    return new QuantizedProgram(
        new Graph(graph.name(), graph.inputs(), nodes, graph.outputs(), graph.sourceCalls()));
  }

  private static Node halved(Node node) {
    if (!WEIGHTS.contains(node.operator())
        || !(node.argument("self") instanceof Argument.Constant weight)) {
      return node;
    }
    long[] integers = weight.tensor().toLongs();
    Tensor halved = Tensor.zeros(weight.tensor().dtype(), weight.tensor().shape());
    for (int i = 0; i < integers.length; i++) {
      halved.bytes().put(i, (byte) (integers[i] / 2));
    }
    List<Argument> arguments = new ArrayList<>(node.arguments());
    arguments.set(0, new Argument.Constant(weight.name(), halved));
    return node.with(arguments, node.outputs());
  }

  /** What each rounding is computed from in floats, of integers that are {@link Given}. */
  Graph apart() {
    Given given = new Given();
    List<Node> nodes = new ArrayList<>(given.nodes);
    UnaryOperator<Value> renamed = value -> given.of(value, value.id());
    graph.nodes().forEach(node -> nodes.add(node.reading(renamed)));
    List<Value> outputs = roundings.stream().map(Rounding::real).toList();
    return new Graph(graph.name(), given.inputs, nodes, outputs);
  }

  /**
   * Integers that are given, in place of those that the roundings before gave: after the network's
   * own input, an input for each of {@link #read}.
   */
  private final class Given {
    private final List<Value> inputs = new ArrayList<>(graph.inputs());
    private final List<Node> nodes = new ArrayList<>();
    private final Map<Integer, Value> integers = new HashMap<>();
    private final Map<Integer, Value> reals = new HashMap<>();

    Given() {
      for (Rounding rounding : read()) {
        Node quantize = rounding.quantize();
        int id = rounding.real().id();
        Value input = fresh(rounding.real(), DType.FLOAT32);
        Value whole = fresh(rounding.real(), quantize.output().dtype());
        Value real = fresh(rounding.real(), DType.FLOAT32);
        List<Argument> arguments = new ArrayList<>(quantize.arguments());
        arguments.set(0, input);
        inputs.add(input);
        nodes.add(node("aten::quantize_per_tensor", arguments, whole, quantize));
        nodes.add(node("aten::dequantize", List.of(whole), real, quantize));
        integers.put(id, whole);
        reals.put(id, real);
      }
    }

    /**
     * @param origin the value's number in the trace
     */
    Value of(Value value, int origin) {
      return (isQuantized(value) ? integers : reals).getOrDefault(origin, value);
    }
  }

  /** Those that another node reads. */
  List<Rounding> read() {
    Set<Integer> values = new HashSet<>();
    graph.nodes().forEach(node -> node.read().forEach(value -> values.add(value.id())));
    return roundings.stream().filter(r -> values.contains(r.real().id())).toList();
  }

  private Value fresh(Value like, DType dtype) {
    return new Value(++ids, like.name(), dtype, like.shape());
  }

  private static Node node(String operator, List<Argument> arguments, Value output, Node quantize) {
    return new Node(
        Schemas.first(operator), arguments, List.of(output), quantize.scope(), quantize.location());
  }
}
