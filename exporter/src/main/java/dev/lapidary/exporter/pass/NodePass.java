package dev.lapidary.exporter.pass;

import dev.lapidary.exporter.onnx.OnnxGraph;
import dev.lapidary.exporter.onnx.OnnxNode;
import java.util.Optional;

/** A pass that looks at one node after the other. */
interface NodePass extends Pass {

  /** Rewrites a node, and what stands around it, if it is one that the pass is about. */
  boolean changes(OnnxGraph graph, OnnxNode node);

  @Override
  default int apply(OnnxGraph graph) {
    int changes = 0;
    for (OnnxNode before : graph.snapshot()) {
      Optional<OnnxNode> node = graph.producer(before.output()); // as it is by now
      if (node.isPresent() && changes(graph, node.get())) {
        changes++;
      }
    }
    return changes;
  }
}
