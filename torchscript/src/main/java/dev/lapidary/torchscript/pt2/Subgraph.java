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

  /** {@code {"name": "submod_1", "graph": {...}}}. */
  static Subgraph read(JsonCursor json) {
    Subgraph part =
        new Subgraph(new ArrayList<>(), new ArrayList<>(), new ArrayList<>(), new HashMap<>());
    json.object(
        name -> {
          if (name.equals("graph")) {
            json.object(field -> part.read(json, field));
          }
        });
    return part;
  }

  private void read(JsonCursor json, String field) {
    ArgumentReader arguments = new ArgumentReader(json);
    switch (field) {
      case "inputs" -> replace(inputs, json.list(arguments::read));
      case "outputs" -> replace(outputs, json.list(arguments::read));
      case "tensor_values" -> json.object(name -> metas.put(name, TensorMeta.read(json)));
      case "nodes" -> {
        NodeReader reader = new NodeReader(json);
        json.each(
            () -> {
              nodes.add(reader.read());
              if (nodes.size() > MAX_NODES) {
                throw Failure.badInput("a part of the program has more than %d nodes", MAX_NODES);
              }
            });
      }
    }
  }

  private static void replace(List<ExportArgument> before, List<ExportArgument> now) {
    before.clear();
    before.addAll(now);
  }
}
