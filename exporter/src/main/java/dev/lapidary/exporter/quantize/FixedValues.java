package dev.lapidary.exporter.quantize;

import dev.lapidary.exporter.onnx.OnnxGraph;
import dev.lapidary.exporter.onnx.OnnxNode;
import java.util.HashSet;
import java.util.Set;

/**
 * Values that no image changes: constants, and what is computed of constants alone, such as XCiT's
 * encoded positions. The runtime computes them once, when it loads the file, so they are no work
 * that integers could save.
 */
final class FixedValues {
  private final Set<String> names = new HashSet<>();

  private FixedValues() {}

  static FixedValues of(OnnxGraph graph) {
    FixedValues fixed = new FixedValues();
    fixed.names.add(""); // an input that is not given
    fixed.names.addAll(graph.initializers().keySet());
    for (OnnxNode node : graph.nodes()) {
      if (fixed.isFixed(node)) {
        fixed.names.addAll(node.outputs());
      }
    }
    return fixed;
  }

  /** Whether all that it reads is fixed. */
  boolean isFixed(OnnxNode node) {
    return names.containsAll(node.inputs());
  }
}
