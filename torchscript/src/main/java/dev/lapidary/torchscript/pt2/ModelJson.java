package dev.lapidary.torchscript.pt2;

import dev.lapidary.core.failure.Failure;
import dev.lapidary.core.failure.Quote;
import dev.lapidary.torchscript.pt2.ExportNode.Output;
import dev.lapidary.torchscript.pt2.ExportNode.ValueType;
import dev.lapidary.torchscript.pt2.ExportedProgram.Kind;
import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/** Reads {@code models/model.json}, field by field; how it fits together is {@link Assembly}'s. */
final class ModelJson {
  /** The schema's major version, the only one that PyTorch's own reader of today takes. */
  private static final long MAJOR = 8;

  private static final int MAX_NODES = 200_000;

  private final String record;
  private final JsonCursor json;
  private final ArgumentReader arguments;
  private final List<ExportNode> nodes = new ArrayList<>();
  private final Map<String, TensorMeta> metas = new HashMap<>();
  private final List<StateInput> state = new ArrayList<>();
  private final Map<String, String> constants = new LinkedHashMap<>();
  private final List<String> images = new ArrayList<>();
  private final List<Output> results = new ArrayList<>();
  private List<String> keys = List.of();
  private String rootType = "Network";
  private long major = -1;
  private long minor;

  private ModelJson(String record, JsonCursor json) {
    this.record = record;
    this.json = json;
    this.arguments = new ArgumentReader(json);
  }

  /** An input of the graph that the module tree holds at a path. */
  record StateInput(String name, String path, Kind kind) {}

  /**
   * What the file says.
   *
   * @param version of the schema, {@code 8.20}
   * @param rootType the network's class
   * @param constants by input of the graph, what the file calls the tensor
   * @param images inputs that are given to forward
   * @param results what forward returns
   * @param keys of the dict that is returned; empty for anything else
   */
  record GraphModule(
      String version,
      String rootType,
      List<ExportNode> nodes,
      Map<String, TensorMeta> metas,
      List<StateInput> state,
      Map<String, String> constants,
      List<String> images,
      List<Output> results,
      List<String> keys) {}

  static GraphModule read(String record, ByteBuffer bytes) {
    return JsonCursor.read(record, bytes, json -> new ModelJson(record, json).read());
  }

  private GraphModule read() {
    json.object(this::top);
    if (major < 0) {
      throw Failure.badInput("%s: has no schema_version; it is no program of torch.export", record);
    }
    return new GraphModule(
        major + "." + minor, rootType, nodes, metas, state, constants, images, results, keys);
  }

  private void top(String field) {
    switch (field) {
      case "graph_module" -> json.object(this::graphModule);
      case "schema_version" -> {
        json.object(this::version);
        if (major != MAJOR) {
          throw Failure.unsupported(
              "%s: schema version %d.%d of torch.export, %d is read; export the network again, with"
                  + " PyTorch 2.9 or later",
              record, major, minor, MAJOR);
        }
      }
    }
  }

  private void version(String field) {
    switch (field) {
      case "major" -> major = json.integer();
      case "minor" -> minor = json.integer();
    }
  }

  private void graphModule(String field) {
    switch (field) {
      case "graph" -> json.object(this::graph);
      case "signature" -> json.object(this::signature);
      case "module_call_graph" -> json.each(this::callGraph);
    }
  }

  private void graph(String field) {
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
        rootType = reader.rootType().orElse(rootType);
      }
      case "tensor_values" -> json.object(name -> metas.put(name, TensorMeta.read(json)));
    }
  }

  private void signature(String field) {
    switch (field) {
      case "input_specs" -> json.each(() -> add(json.union(this::input)));
      case "output_specs" -> json.each(() -> add(json.union(this::output)));
    }
  }

  /** The fields of an input's specification; a number that is given to forward has no name. */
  private static final class Spec {
    private final String kind;
    private String name = "";
    private String path = "";
    private boolean persistent = true;

    private Spec(String kind) {
      this.kind = kind;
    }
  }

  private Spec input(String kind) {
    Spec spec = new Spec(kind);
    json.object(
        field -> {
          switch (field) {
            case "arg" ->
                spec.name =
                    kind.equals("user_input")
                        ? arguments.read().ref().orElse("")
                        : arguments.named();
            case "parameter_name", "buffer_name", "tensor_constant_name" ->
                spec.path = arguments.name();
            case "persistent" -> spec.persistent = json.bool();
          }
        });
    return spec;
  }

  private void add(Spec spec) {
    switch (spec.kind) {
      case "parameter" -> state.add(new StateInput(spec.name, spec.path, Kind.PARAMETER));
      case "buffer" ->
          state.add(
              new StateInput(spec.name, spec.path, spec.persistent ? Kind.BUFFER : Kind.HIDDEN));
      case "tensor_constant" -> constants.put(spec.name, spec.path);
      case "user_input" -> Optional.of(spec.name).filter(n -> !n.isEmpty()).ifPresent(images::add);
      case "constant_input" -> {} // what it was is in the graph
      case "custom_obj" ->
          throw Failure.unsupported(
              "%s: the program holds a custom object, whose class is code; export the network"
                  + " without it",
              record);
      default ->
          throw Failure.unsupported("%s: an input of the kind %s", record, Quote.of(spec.kind));
    }
  }

  private ExportArgument output(String kind) {
    if (!kind.equals("user_output")) {
      throw Failure.unsupported(
          "%s: an output of the kind %s: it is a graph of a training step, or it changes what it"
              + " holds; export the network itself, in eval mode",
          record, Quote.of(kind));
    }
    return json.field("arg", arguments::read);
  }

  private void add(ExportArgument result) {
    if (result instanceof ExportArgument.Ref ref) {
      results.add(new Output(ref.name(), ValueType.TENSOR));
    } else if (result != ExportArgument.None.NONE) {
      throw Failure.unsupported("%s: forward returns a number beside its tensors", record);
    }
  }

  /** The root's entry, whose name is empty, says what forward returns. */
  private void callGraph() {
    String[] path = {"?"};
    List<String> found = new ArrayList<>();
    json.object(
        field -> {
          if (field.equals("fqn")) {
            path[0] = json.string();
          } else if (field.equals("signature") && !json.isNull()) {
            json.object(
                name -> {
                  if (name.equals("out_spec") && found.isEmpty()) {
                    found.addAll(OutputTree.keys(json.string()));
                  }
                });
          }
        });
    if (path[0].isEmpty() && !found.isEmpty()) {
      keys = found;
    }
  }
}
