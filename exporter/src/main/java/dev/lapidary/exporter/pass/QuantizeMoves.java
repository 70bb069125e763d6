package dev.lapidary.exporter.pass;

import dev.lapidary.exporter.onnx.OnnxGraph;
import dev.lapidary.exporter.onnx.OnnxNode;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;

/**
 * What only moves or chooses quantized numbers is between DequantizeLinear and QuantizeLinear too,
 * so that a runtime moves integers, and the layer behind it finds integers.
 *
 * <pre>
 *   DQ ── MaxPool ── Conv     →   DQ ── MaxPool ── Q ── DQ ── Conv
 * </pre>
 *
 * The numbers lie on the grid already: to round them to it again changes no bit. torchvision's
 * quantized networks move them so, most of all ShuffleNet its channels. It does not fire where a
 * Concat's inputs lie on different grids, nor behind an output of the graph.
 */
final class QuantizeMoves implements Pass {
  private static final Set<String> MOVES =
      Set.of(
          """
          MaxPool Reshape Flatten Transpose Split Slice Concat Squeeze Unsqueeze DepthToSpace
          """
              .split("\\s+"));

  @Override
  public int apply(OnnxGraph graph) {
    int changes = 0;
    for (OnnxNode before : graph.snapshot()) {
      OnnxNode node = graph.producer(before.output()).orElseThrow();
      Optional<OnnxNode> source =
          MOVES.contains(node.op()) ? source(graph, node) : Optional.empty();
      if (source.isPresent()) {
        // A MaxPool's second output are places, which lie on no grid.
        for (String output : node.is("MaxPool") ? List.of(node.output()) : node.outputs()) {
          changes += requantize(graph, node, output, source.get()) ? 1 : 0;
        }
      }
    }
    return changes;
  }

  /** The DequantizeLinear whose grid all moved numbers lie on. */
  private static Optional<OnnxNode> source(OnnxGraph graph, OnnxNode node) {
    List<String> moved = node.is("Concat") ? node.inputs() : List.of(node.input(0));
    Optional<OnnxNode> first = dequantized(graph, moved.get(0));
    boolean same =
        moved.stream()
            .map(value -> dequantized(graph, value))
            .allMatch(dq -> dq.isPresent() && grid(dq.get()).equals(grid(first.orElseThrow())));
    return same ? first : Optional.empty();
  }

  private static Optional<OnnxNode> dequantized(OnnxGraph graph, String value) {
    return graph
        .producer(value, "DequantizeLinear")
        .filter(node -> graph.producer(node.input(0)).isPresent())
        .filter(node -> graph.initializer(node.input(1)).filter(s -> s.numel() == 1).isPresent());
  }

  private static List<String> grid(OnnxNode node) {
    return node.inputs().subList(1, node.inputs().size());
  }

  private static boolean requantize(OnnxGraph graph, OnnxNode node, String value, OnnxNode source) {
    boolean wanted =
        graph.consumers(value).stream().anyMatch(consumer -> !consumer.is("QuantizeLinear"));
    if (!wanted || graph.isOutput(value)) {
      return false;
    }
    String integers = graph.fresh(value + "/QuantizeLinear");
    String reals = graph.fresh(value + "/DequantizeLinear");
    graph.replaceUses(value, reals);
    graph.insertAfter(node, made("DequantizeLinear", reals, integers, source));
    graph.insertAfter(node, made("QuantizeLinear", integers, value, source));
    return true;
  }

  private static OnnxNode made(String op, String output, String input, OnnxNode source) {
    List<String> inputs = List.of(input, source.input(1), source.input(2));
    return new OnnxNode(output, op, inputs, List.of(output), Map.of());
  }
}
