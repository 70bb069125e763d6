package dev.lapidary.exporter.cli;

import com.google.errorprone.annotations.FormatMethod;
import dev.lapidary.core.card.Trunk;
import dev.lapidary.core.failure.Failure;
import dev.lapidary.core.tensor.DType;
import dev.lapidary.exporter.lower.GraphLowering;
import dev.lapidary.exporter.onnx.OnnxGraph;
import dev.lapidary.exporter.onnx.ValueInfo;
import dev.lapidary.exporter.pass.Passes;
import dev.lapidary.torchscript.graph.Argument.Value;
import dev.lapidary.torchscript.graph.Graph;
import dev.lapidary.torchscript.graph.Node;
import java.util.ArrayDeque;
import java.util.Deque;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;

/**
 * The end of a traced network as a graph of its own: from what goes into its last layer to its
 * logits. What {@code --output features} gives is what it takes.
 */
record HeadGraph(Graph whole, Map<Integer, Node> makers) {
  /**
   * @param layer the last layer's path
   * @return features, float32 [N, F], to the logits
   * @throws Failure (exit 4) if the layer does not take one vector an image, or what follows it
   *     reads more of the network than these
   */
  static Graph of(Graph whole, String layer) {
    HeadGraph search = new HeadGraph(whole, Node.producers(whole.nodes()));
    Value features = search.inputOf(layer);
    if (features.rank() != 2 || features.dtype() != DType.FLOAT32) {
      throw search.unsupported(
          "its last layer %s takes %s of %d dimensions, expected float32 features [N, F], one vector"
              + " an image",
          layer, features.dtype(), features.rank());
    }
    Set<Node> needed = search.between(features, layer);
    return new Graph(
        whole.name(),
        List.of(features),
        whole.nodes().stream().filter(needed::contains).toList(),
        List.of(whole.outputs().get(0)));
  }

  /** As ONNX, its input called as the trunk's output is. */
  static OnnxGraph lowered(Graph head, int opset, Trunk trunk) {
    OnnxGraph graph = GraphLowering.lower(head, opset);
    Value features = head.inputs().get(0);
    graph.setInput(0, ValueInfo.of(trunk.output(), features.dtype(), features.shape()));
    graph.replaceUses(GraphLowering.INPUT, trunk.output());
    Passes.run(graph);
    return graph;
  }

  private Value inputOf(String layer) {
    Set<Integer> inside = new HashSet<>();
    Map<Integer, Value> taken = new HashMap<>();
    for (Node node : whole.nodes()) {
      if (node.scope().equals(layer)) {
        node.read()
            .filter(value -> !inside.contains(value.id()))
            .forEach(value -> taken.put(value.id(), value));
        node.outputs().forEach(value -> inside.add(value.id()));
      }
    }
    if (taken.size() != 1) {
      throw unsupported(
          "its last layer %s takes %d tensors, expected one; what it takes is the trunk's output",
          layer, taken.size());
    }
    return taken.values().iterator().next();
  }

  private Set<Node> between(Value features, String layer) {
    Set<Node> needed = new HashSet<>();
    Deque<Value> open = new ArrayDeque<>(List.of(whole.outputs().get(0)));
    while (!open.isEmpty()) {
      Value value = open.pop();
      Node maker = makers.get(value.id());
      if (value.id() == features.id()) {
        continue;
      }
      if (maker == null) {
        throw unsupported(
            "its logits are made of more than what goes into its last layer %s: %s is read beside"
                + " it, expected a head of the trunk's features alone",
            layer, value.name());
      }
      if (needed.add(maker)) {
        maker.read().forEach(open::add);
      }
    }
    return needed;
  }

  @FormatMethod
  private Failure unsupported(String format, Object... arguments) {
    return Failure.unsupported("[%s] %s", whole.name(), String.format(format, arguments));
  }
}
