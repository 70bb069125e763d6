package dev.lapidary.exporter.pass;

import dev.lapidary.exporter.onnx.OnnxGraph;
import dev.lapidary.exporter.onnx.OnnxNode;
import java.util.List;

/**
 * Takes out what nobody reads.
 *
 * <pre>
 *   x ─┬─ Relu ── y        x ─── Relu ── y
 *      └─ Neg            →
 * </pre>
 */
final class EliminateDeadCode implements Pass {

  @Override
  public int apply(OnnxGraph graph) {
    int changes = 0;
    List<OnnxNode> nodes = graph.snapshot();
    for (int i = nodes.size() - 1; i >= 0; i--) { // readers come after what they read
      if (nodes.get(i).outputs().stream().noneMatch(graph::isUsed)) {
        graph.remove(nodes.get(i));
        changes++;
      }
    }
    for (String constant : List.copyOf(graph.initializers().keySet())) {
      if (!graph.isUsed(constant)) {
        graph.removeInitializer(constant);
        changes++;
      }
    }
    return changes;
  }
}
