package dev.lapidary.exporter.pass;

import dev.lapidary.core.tensor.Tensor;
import dev.lapidary.exporter.evaluate.Allowance;
import dev.lapidary.exporter.evaluate.Evaluator;
import dev.lapidary.exporter.onnx.OnnxGraph;
import dev.lapidary.exporter.onnx.OnnxNode;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;

/**
 * A node whose inputs are all constant becomes its result.
 *
 * <pre>
 *   W ── Transpose ─┐                    W^T ─┐
 *   x ───────────── MatMul ── y     →    x ── MatMul ── y
 * </pre>
 *
 * It does not fire for operators that make much of little (a file would grow by it), nor for those
 * that the evaluator lacks or finds too much work.
 */
final class FoldConstants implements Pass {
  private static final List<String> GROWING =
      List.of("Expand", "Tile", "ConstantOfShape", "DequantizeLinear", "GridSample");

  @Override
  public int apply(OnnxGraph graph) {
    int changes = 0;
    Allowance allowance = new Allowance();
    for (OnnxNode before : graph.snapshot()) {
      // An empty name is an output that nothing reads, as an LSTM's sequence where its state
      // counts.
      String first = before.outputs().stream().filter(o -> !o.isEmpty()).findFirst().orElse("");
      OnnxNode node = graph.producer(first).orElseThrow();
      Optional<List<Tensor>> results =
          GROWING.contains(node.op()) || node.outputs().stream().anyMatch(graph::isOutput)
              ? Optional.empty()
              : constantInputs(graph, node).flatMap(in -> Evaluator.evaluate(node, in, allowance));
      if (results.isPresent()) {
        graph.remove(node);
        for (int i = 0; i < node.outputs().size(); i++) {
          if (!node.outputs().get(i).isEmpty()) {
            graph.setInitializer(node.outputs().get(i), results.get().get(i));
          }
        }
        changes++;
      }
    }
    return changes;
  }

  /** The inputs' tensors, empty ones for inputs not given; nothing if one is not a constant. */
  private static Optional<List<Optional<Tensor>>> constantInputs(OnnxGraph graph, OnnxNode node) {
    List<Optional<Tensor>> tensors = new ArrayList<>();
    for (String input : node.inputs()) {
      Optional<Tensor> tensor = graph.initializer(input);
      if (tensor.isEmpty() && !input.isEmpty()) {
        return Optional.empty();
      }
      tensors.add(tensor);
    }
    return Optional.of(tensors);
  }
}
