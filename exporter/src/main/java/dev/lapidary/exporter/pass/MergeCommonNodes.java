package dev.lapidary.exporter.pass;

import dev.lapidary.exporter.onnx.Attribute;
import dev.lapidary.exporter.onnx.OnnxGraph;
import dev.lapidary.exporter.onnx.OnnxNode;
import java.util.HashMap;
import java.util.List;
import java.util.Map;

/**
 * Two nodes that compute the same from the same become one.
 *
 * <pre>
 *   x ─┬─ Sigmoid ── a          x ── Sigmoid ─┬─ a
 *      └─ Sigmoid ── b     →                  └─ b
 * </pre>
 *
 * The branches of a cell of timm's NASNet begin with one ReLU each, and Swin takes the even rows
 * twice when it merges patches.
 */
final class MergeCommonNodes implements Pass {
  private record Computation(
      String op, int outputs, List<String> inputs, Map<String, Attribute> attributes) {}

  @Override
  public int apply(OnnxGraph graph) {
    int changes = 0;
    Map<Computation, OnnxNode> seen = new HashMap<>();
    for (OnnxNode before : graph.snapshot()) {
      OnnxNode node = graph.producer(before.output()).orElseThrow();
      Computation key =
          new Computation(node.op(), node.outputs().size(), node.inputs(), node.attributes());
      OnnxNode first = seen.putIfAbsent(key, node);
      if (first != null && node.outputs().stream().noneMatch(graph::isOutput)) {
        for (int i = 0; i < node.outputs().size(); i++) {
          graph.replaceUses(node.outputs().get(i), first.outputs().get(i));
        }
        graph.remove(node);
        changes++;
      }
    }
    return changes;
  }
}
