package dev.lapidary.models.graph;

import dev.lapidary.models.graph.Argument.Value;
import java.util.List;

/**
 * A traced network: a flat list of aten operators in order of execution, every shape known up to
 * the batch size, no control flow, no mutation.
 *
 * @param name the archive's
 * @param inputs images first: {@code [N, C, H, W]} FLOAT32
 * @param outputs the logits {@code [N, classes]}
 */
public record Graph(String name, List<Value> inputs, List<Node> nodes, List<Value> outputs) {
  public Graph {
    inputs = List.copyOf(inputs);
    nodes = List.copyOf(nodes);
    outputs = List.copyOf(outputs);
  }
}
