package dev.lapidary.torchscript.pt2;

import dev.lapidary.core.failure.Failure;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;

/**
 * A part of a program that an operator of higher order runs.
 *
 * @param inputs what its nodes call the operator's last arguments
 * @param outputs what is returned
 * @param metas what is said of its values' shapes
 */
record Subgraph(
    List<ExportArgument> inputs,
    List<ExportNode> nodes,
    List<ExportArgument> outputs,
    Map<String, TensorMeta> metas) {
  private static final int MAX_NODES = 20_000;

  private static final class Fields {
    private List<ExportArgument> inputs = List.of();
    private List<ExportArgument> outputs = List.of();
    private final List<ExportNode> nodes = new ArrayList<>();
    private final Map<String, TensorMeta> metas = new HashMap<>();
  }

  /** {@code {"name": "submod_1", "graph": {...}}}. */
  static Subgraph read(JsonCursor json) {
    Fields fields = new Fields();
    json.object(
        name -> {
          if (name.equals("graph")) {
            json.object(field -> field(json, field, fields));
          } else {
            json.skip();
          }
        });
    return new Subgraph(fields.inputs, List.copyOf(fields.nodes), fields.outputs, fields.metas);
  }

  private static void field(JsonCursor json, String field, Fields fields) {
    ArgumentReader arguments = new ArgumentReader(json);
    switch (field) {
      case "inputs" -> fields.inputs = json.list(arguments::read);
      case "outputs" -> fields.outputs = json.list(arguments::read);
      case "tensor_values" -> json.object(name -> fields.metas.put(name, TensorMeta.read(json)));
      case "nodes" -> {
        NodeReader reader = new NodeReader(json);
        json.each(
            () -> {
              fields.nodes.add(reader.read());
              if (fields.nodes.size() > MAX_NODES) {
                throw Failure.badInput("a part of the program has more than %d nodes", MAX_NODES);
              }
            });
      }
      default -> json.skip();
    }
  }
}
