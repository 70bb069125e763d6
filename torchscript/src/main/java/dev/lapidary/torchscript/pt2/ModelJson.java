package dev.lapidary.torchscript.pt2;

import dev.lapidary.core.failure.Failure;
import dev.lapidary.core.failure.Quote;
import dev.lapidary.torchscript.pt2.ExportNode.Output;
import dev.lapidary.torchscript.pt2.ExportNode.ValueType;
import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/**
 * What {@code models/model.json} says, field by field; how it fits together is {@link Assembly}'s.
 */
final class ModelJson {
  /** The schema's major version, the only one that PyTorch's own reader of today takes. */
  private static final long MAJOR = 8;

  private static final int MAX_NODES = 200_000;

  private final String record;
  private final List<ExportNode> nodes = new ArrayList<>();
  private final Map<String, TensorMeta> metas = new HashMap<>();
  private final List<GraphInput> inputs = new ArrayList<>();
  private final List<Output> results = new ArrayList<>();
  private List<String> keys = List.of();
  private Optional<String> rootType = Optional.empty();
  private long major = -1;
  private long minor;

  private ModelJson(String record) {
    this.record = record;
  }

  /** What an input of the graph is. */
  sealed interface GraphInput {
    /** The value's name in the graph. */
    String name();

    record Parameter(String name, String path) implements GraphInput {}

    record Buffer(String name, String path, boolean persistent) implements GraphInput {}

    record Constant(String name, String key) implements GraphInput {}

    record User(String name) implements GraphInput {}
  }

  static ModelJson read(String record, ByteBuffer bytes) {
    ModelJson model = new ModelJson(record);
    JsonCursor.read(record, bytes, model::top);
    if (model.major < 0) {
      throw Failure.badInput("%s: has no schema_version; it is no program of torch.export", record);
    }
    return model;
  }

  List<ExportNode> nodes() {
    return nodes;
  }

  List<GraphInput> inputs() {
    return inputs;
  }

  List<Output> results() {
    return results;
  }

  /** Of the dict that is returned; empty for anything else. */
  List<String> keys() {
    return keys;
  }

  Optional<String> rootType() {
    return rootType;
  }

  String version() {
    return major + "." + minor;
  }

  Map<String, TensorMeta> metas() {
    return metas;
  }

  Optional<TensorMeta> meta(String name) {
    return Optional.ofNullable(metas.get(name));
  }

  private void top(JsonCursor json, String field) {
    switch (field) {
      case "graph_module" -> json.object(name -> graphModule(json, name));
      case "schema_version" -> {
        json.object(name -> version(json, name));
        if (major != MAJOR) {
          throw Failure.unsupported(
              "%s: schema version %d.%d of torch.export, %d is read; export the network again, with"
                  + " PyTorch 2.9 or later",
              record, major, minor, MAJOR);
        }
      }
      default -> json.skip();
    }
  }

  private void version(JsonCursor json, String field) {
    switch (field) {
      case "major" -> major = json.integer();
      case "minor" -> minor = json.integer();
      default -> json.skip();
    }
  }

  private void graphModule(JsonCursor json, String field) {
    switch (field) {
      case "graph" -> json.object(name -> graph(json, name));
      case "signature" -> json.object(name -> signature(json, name));
      case "module_call_graph" -> json.each(() -> keys = callGraph(json));
      default -> json.skip();
    }
  }

  private void graph(JsonCursor json, String field) {
    switch (field) {
      case "nodes" -> {
        NodeReader reader = new NodeReader(json);
        json.each(
            () -> {
              nodes.add(reader.read());
              if (nodes.size() > MAX_NODES) {
                throw Failure.badInput("%s: more than %d nodes", record, MAX_NODES);
              }
            });
        rootType = reader.rootType();
      }
      case "tensor_values" -> json.object(name -> metas.put(name, TensorMeta.read(json)));
      default -> json.skip();
    }
  }

  private void signature(JsonCursor json, String field) {
    switch (field) {
      case "input_specs" -> json.each(() -> new ArgumentReader(json).union(k -> input(json, k)));
      case "output_specs" -> json.each(() -> new ArgumentReader(json).union(k -> output(json, k)));
      default -> json.skip();
    }
  }

  /** The fields of an input's specification. */
  private static final class Spec {
    private String name = "";
    private String path = "";
    private boolean persistent = true;
    private Optional<ExportArgument> argument = Optional.empty();
  }

  private boolean input(JsonCursor json, String kind) {
    Spec spec = new Spec();
    ArgumentReader arguments = new ArgumentReader(json);
    boolean user = kind.equals("user_input");
    json.object(
        field -> {
          switch (field) {
            case "arg" -> {
              if (user) {
                spec.argument = Optional.of(arguments.read());
              } else {
                spec.name = arguments.named();
              }
            }
            case "parameter_name", "buffer_name", "tensor_constant_name" ->
                spec.path = arguments.name();
            case "persistent" -> spec.persistent = json.bool();
            default -> json.skip();
          }
        });
    switch (kind) {
      case "parameter" -> inputs.add(new GraphInput.Parameter(spec.name, spec.path));
      case "buffer" -> inputs.add(new GraphInput.Buffer(spec.name, spec.path, spec.persistent));
      case "tensor_constant" -> inputs.add(new GraphInput.Constant(spec.name, spec.path));
      case "user_input" -> user(spec.argument);
      case "constant_input" -> {} // what it was is in the graph
      case "custom_obj" ->
          throw Failure.unsupported(
              "%s: the program holds a custom object, whose class is code; export the network"
                  + " without it",
              record);
      default -> throw Failure.unsupported("%s: an input of the kind %s", record, Quote.of(kind));
    }
    return true;
  }

  private void user(Optional<ExportArgument> argument) {
    if (argument.orElse(ExportArgument.None.NONE) instanceof ExportArgument.Ref ref) {
      inputs.add(new GraphInput.User(ref.name()));
    }
  }

  private boolean output(JsonCursor json, String kind) {
    if (!kind.equals("user_output")) {
      throw Failure.unsupported(
          "%s: an output of the kind %s: it is a graph of a training step, or it changes what it"
              + " holds; export the network itself, in eval mode",
          record, Quote.of(kind));
    }
    ExportArgument argument = new ArgumentReader(json).field("arg", new ArgumentReader(json)::read);
    if (argument instanceof ExportArgument.Ref ref) {
      results.add(new Output(ref.name(), ValueType.TENSOR));
    } else if (argument != ExportArgument.None.NONE) {
      throw Failure.unsupported("%s: forward returns a number beside its tensors", record);
    }
    return true;
  }

  /** The root's entry, whose name is empty, says what forward returns. */
  private List<String> callGraph(JsonCursor json) {
    String[] path = {"?"};
    List<List<String>> found = new ArrayList<>();
    json.object(
        field -> {
          if (field.equals("fqn")) {
            path[0] = json.string();
          } else if (field.equals("signature") && !json.isNull()) {
            json.object(
                name -> {
                  if (name.equals("out_spec")) {
                    found.add(OutputTree.keys(json.string()));
                  } else {
                    json.skip();
                  }
                });
          } else {
            json.skip();
          }
        });
    return path[0].isEmpty() && !found.isEmpty() ? found.get(0) : keys;
  }
}
