package dev.lapidary.torchscript.graph;

import dev.lapidary.torchscript.graph.Argument.Value;
import java.util.List;

/**
 * One application of an aten operator.
 *
 * @param arguments one for each parameter of the schema, in its order, defaults filled in
 * @param outputs one value for each tensor returned; a returned {@code Tensor[]} is spread out
 * @param scope the state_dict path of the module that computed it ({@code layer1.0.conv1}), or
 *     empty
 */
public record Node(
    Schema schema,
    List<Argument> arguments,
    List<Value> outputs,
    String scope,
    SourceLocation location) {
  public Node {
    arguments = List.copyOf(arguments);
    outputs = List.copyOf(outputs);
  }

  public String operator() {
    return schema.operator();
  }

  public Argument argument(String parameter) {
    return arguments.get(schema.indexOf(parameter));
  }

  public Value output() {
    return outputs.get(0);
  }
}
