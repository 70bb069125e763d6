package dev.lapidary.exporter.torchscript;

import dev.lapidary.core.failure.Failure;
import dev.lapidary.core.tensor.DType;
import dev.lapidary.exporter.onnx.OnnxGraph;
import dev.lapidary.exporter.onnx.OnnxNode;
import dev.lapidary.torchscript.graph.Argument;
import dev.lapidary.torchscript.graph.Argument.Value;
import dev.lapidary.torchscript.graph.Graph;
import dev.lapidary.torchscript.graph.Node;
import dev.lapidary.torchscript.graph.Schema;
import dev.lapidary.torchscript.trace.call.Schemas;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.Deque;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;

/**
 * A traced network in libtorch's operators, with the integers that an ONNX graph of it has: the
 * same scales, zero points and weights, layer for layer.
 *
 * <pre>
 *   x -> Q -> DQ -> Conv(DQ(w), DQ(b)) -> Relu -> Q -> DQ -> y
 *   →
 *   quantize_per_tensor(x) -> quantized::conv2d_relu(packed(w, b), scale, zero point)
 * </pre>
 *
 * What is lowered to floats alone stays the operator that was traced. What the graph has integers
 * around and libtorch no operator for is computed on floats between dequantize and
 * quantize_per_tensor, which gives the same integers.
 */
public final class QuantizedGraph {
  /** They give elements of what they read, also of bytes: as {@code QuantizedTensors} has them. */
  private static final Set<String> MOVES =
      Set.of(
          """
          aten::flatten aten::reshape aten::view aten::transpose aten::permute aten::slice
          aten::select aten::chunk aten::split aten::unsqueeze aten::squeeze aten::max_pool2d
          """
              .split("\\s+"));

  private final Graph traced;
  private final Map<Integer, String> names;
  private final QdqGraph qdq;
  private final Forms forms;
  private final LoweredNodes layers;
  private final Set<String> seen = new HashSet<>();

  private QuantizedGraph(Graph traced, Map<Integer, String> names, QdqGraph qdq) {
    this.traced = traced;
    this.names = names;
    this.qdq = qdq;
    this.forms = new Forms(qdq, new NodeList(traced));
    this.layers = new LoweredNodes(qdq, forms);
  }

  /**
   * @param traced of one input and one output, all on floats
   * @param names of the traced values in the graph, as the lowering gave them
   * @param lowered from the trace, with integers or without
   * @throws Failure (exit 4) if it has integers where libtorch's operators have none
   */
  public static Graph of(Graph traced, Map<Integer, String> names, OnnxGraph lowered) {
    return new QuantizedGraph(traced, names, new QdqGraph(lowered)).write();
  }

  private Graph write() {
    for (Value input : traced.inputs()) {
      forms.put(name(input), input);
      forms.put(input.id(), input);
      seen.add(name(input));
    }
    for (Node node : traced.nodes()) {
      forms.nodes().at(node);
      if (!node.outputs().stream().allMatch(output -> forms.has(name(output)))) {
        node(node);
      }
      node.outputs().forEach(output -> seen.add(name(output)));
    }
    List<Value> outputs =
        traced.outputs().stream().map(output -> forms.real(output.id(), name(output))).toList();
    return new Graph(traced.name(), traced.inputs(), forms.nodes().needed(outputs), outputs);
  }

  private String name(Value value) {
    return names.getOrDefault(value.id(), "");
  }

  private void node(Node node) {
    if (moves(node)) {
      return;
    }
    List<OnnxNode> lowered = lowered(node);
    if (lowered.stream().anyMatch(n -> layers.isLayer(n) || layers.isOnIntegers(n))) {
      lowered.forEach(n -> layers.add(n, node));
    } else {
      asTraced(node);
    }
  }

  /** The nodes that a traced one has become, but for those around integers. */
  private List<OnnxNode> lowered(Node node) {
    Deque<String> open = new ArrayDeque<>();
    Set<String> visited = new HashSet<>();
    List<OnnxNode> found = new ArrayList<>();
    node.outputs().forEach(output -> open.add(name(output)));
    while (!open.isEmpty()) {
      String value = open.remove();
      Optional<OnnxNode> producer =
          seen.contains(value) || !visited.add(value)
              ? Optional.empty()
              : qdq.onnx().producer(value);
      if (producer.isPresent() && !isGate(producer.get())) {
        open.addAll(producer.get().inputs());
        found.add(producer.get());
      }
    }
    found.removeIf(n -> n.is("QuantizeLinear", "DequantizeLinear"));
    found.sort(Comparator.comparingInt(qdq::position));
    return found.stream().distinct().toList();
  }

  private boolean isGate(OnnxNode node) {
    return qdq.dequantized(node.output()).flatMap(qdq::gated).isPresent();
  }

  /** On what is computed of its inputs here. */
  private void asTraced(Node node) {
    Node onForms = node.reading(value -> forms.real(value.id(), name(value)));
    forms.nodes().add(with(onForms, onForms.arguments(), node.outputs()));
    for (Value output : node.outputs()) {
      forms.put(output.id(), output);
      if (qdq.gives(name(output))) {
        forms.put(qdq.unrounded(name(output)), output);
      }
    }
  }

  /**
   * Moves bytes where the graph moves them too.
   *
   * @return whether it did
   */
  private boolean moves(Node node) {
    if (!MOVES.contains(node.operator()) || !(node.arguments().get(0) instanceof Value from)) {
      return false;
    }
    Optional<Forms.Integers> moved = forms.integers(from.id(), name(from));
    if (moved.isEmpty() || !node.outputs().stream().allMatch(o -> isMoved(o, moved.get()))) {
      return false;
    }
    List<Argument> arguments = new ArrayList<>(node.arguments());
    arguments.set(0, moved.get().value());
    List<Value> outputs = new ArrayList<>();
    for (Value output : node.outputs()) {
      Value bytes = forms.nodes().fresh(output.name(), DType.QUINT8);
      outputs.add(bytes);
      forms.put(output.id(), name(output), new Forms.Integers(bytes, moved.get().quantization()));
    }
    forms.nodes().add(with(node, arguments, outputs));
    return true;
  }

  /** Whether what a move gives is on the grid of what it reads; what two moves share is nowhere. */
  private boolean isMoved(Value output, Forms.Integers from) {
    return !qdq.gives(name(output))
        || qdq.rounding(name(output))
            .filter(q -> qdq.quantization(q).equals(from.quantization()))
            .isPresent();
  }

  /**
   * The kernels for integers give images with channels last, of which not every shape is a view.
   */
  private static Node with(Node node, List<Argument> arguments, List<Value> outputs) {
    Schema schema =
        node.operator().equals("aten::view") ? Schemas.first("aten::reshape") : node.schema();
    return new Node(schema, arguments, outputs, node.scope(), node.location());
  }
}
