package dev.lapidary.torchscript.graph;

import dev.lapidary.torchscript.graph.Argument.Value;
import java.util.List;

/**
 * A traced network: a flat list of aten operators in order of execution, every shape known up to
 * the batch size, no control flow, no mutation.
 *
 * @param name the archive's
 * @param inputs images first: {@code [N, C, H, W]} FLOAT32
 * @param outputs the logits {@code [N, classes]}
 * @param sourceCalls of a network that came quantized: what its program calls on quantized tensors
 *     ({@code quantized::conv2d}), while the nodes say what that means in real numbers. A value of
 *     both has one id; here it is of an integer type
 */
public record Graph(
    String name,
    List<Value> inputs,
    List<Node> nodes,
    List<Value> outputs,
    List<Node> sourceCalls) {
  public Graph {
    sourceCalls = List.copyOf(sourceCalls);
    inputs = List.copyOf(inputs);
    nodes = List.copyOf(nodes);
    outputs = List.copyOf(outputs);
  }

  public Graph(String name, List<Value> inputs, List<Node> nodes, List<Value> outputs) {
    this(name, inputs, nodes, outputs, List.of());
  }
}
