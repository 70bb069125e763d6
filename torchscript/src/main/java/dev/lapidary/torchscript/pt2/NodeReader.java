package dev.lapidary.torchscript.pt2;

import dev.lapidary.core.failure.Failure;
import dev.lapidary.core.failure.Quote;
import dev.lapidary.torchscript.pt2.ExportNode.Frame;
import dev.lapidary.torchscript.pt2.ExportNode.Input;
import dev.lapidary.torchscript.pt2.ExportNode.Output;
import dev.lapidary.torchscript.pt2.ExportNode.ValueType;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/** Reads a graph's nodes. */
final class NodeReader {
  private static final int MAX_FRAMES = 60;
  private static final int LONGEST_CLASS = 100;

  private final JsonCursor json;
  private final ArgumentReader arguments;
  private final Map<String, String> known = new HashMap<>();
  private final Map<String, List<Frame>> stacks = new HashMap<>();

  private Optional<String> rootType = Optional.empty();

  NodeReader(JsonCursor json) {
    this.json = json;
    this.arguments = new ArgumentReader(json);
  }

  /** The network's class, if a node said it. */
  Optional<String> rootType() {
    return rootType;
  }

  /** The fields of a node as they come. */
  private static final class Fields {
    private String target = "";
    private List<Input> inputs = List.of();
    private final List<Output> outputs = new ArrayList<>();
    private boolean isList;
    private List<Frame> stack = List.of();
  }

  ExportNode read() {
    Fields fields = new Fields();
    json.object(
        name -> {
          switch (name) {
            case "target" -> fields.target = target();
            case "inputs" -> fields.inputs = json.list(this::input);
            case "outputs" -> json.each(() -> output(fields));
            case "metadata" -> json.object(field -> metadata(field, fields));
          }
        });
    if (fields.target.isEmpty()) {
      throw json.refuse("a node without a target");
    }
    return new ExportNode(
        fields.target, fields.inputs, List.copyOf(fields.outputs), fields.isList, fields.stack);
  }

  private String target() {
    String target = shared(json.string());
    if (target.startsWith("torch.ops.higher_order.") && !Targets.isPart(target)) {
      throw Failure.unsupported(
          "the program has the higher-order operator %s; export the network without it",
          Quote.of(target));
    }
    return target;
  }

  private Input input() {
    String[] name = {""};
    ExportArgument[] argument = {ExportArgument.None.NONE};
    json.object(
        field -> {
          switch (field) {
            case "name" -> name[0] = shared(json.string());
            case "arg" -> argument[0] = arguments.read();
          }
        });
    return new Input(name[0], argument[0]);
  }

  private void output(Fields fields) {
    fields.isList |=
        json.union(
            kind -> {
              switch (kind) {
                case "as_tensor" -> fields.outputs.add(tensor());
                case "as_optional_tensor" -> fields.outputs.add(optional());
                case "as_tensors" -> json.each(() -> fields.outputs.add(tensor()));
                case "as_sym_int" -> fields.outputs.add(symbol(ValueType.INT));
                case "as_sym_float" -> fields.outputs.add(symbol(ValueType.FLOAT));
                case "as_sym_bool" -> fields.outputs.add(symbol(ValueType.BOOL));
                case "as_none" -> {}
                default ->
                    throw Failure.unsupported(
                        "%s gives a result of the kind %s",
                        Quote.of(fields.target), Quote.of(kind));
              }
              return kind.equals("as_tensors");
            });
  }

  private Output tensor() {
    return new Output(arguments.named(), ValueType.TENSOR);
  }

  private Output optional() {
    return arguments
        .read()
        .ref()
        .map(name -> new Output(name, ValueType.TENSOR))
        .orElseThrow(() -> Failure.unsupported("a result that may be None"));
  }

  private Output symbol(ValueType type) {
    return new Output(
        json.union(
            kind -> {
              if (kind.equals("as_name")) {
                return arguments.name();
              }
              throw json.refuse("a result " + Quote.of(kind) + ", expected a name");
            }),
        type);
  }

  private void metadata(String field, Fields fields) {
    if (field.equals("nn_module_stack")) {
      fields.stack = stacks.computeIfAbsent(json.string(), this::stack);
    }
  }

  /**
   * {@code key,path,class;key,path,class}. It says how calls are grouped and nothing of what they
   * compute, so what cannot be understood ends the stack and is no error.
   */
  private List<Frame> stack(String text) {
    List<Frame> frames = new ArrayList<>();
    String around = "";
    for (String part : text.split(";", MAX_FRAMES + 1)) {
      String[] fields = part.split(",", 3);
      if (fields.length < 3 || frames.size() >= MAX_FRAMES) {
        break;
      }
      String path = fields[1].replaceFirst("@\\d+$", "");
      if (path.isEmpty() && frames.isEmpty()) {
        rootType = Optional.of(type(fields[2]));
        continue;
      }
      if (path.startsWith("_empty_nn_module_stack")) {
        return List.of(); // what torch.export says of nodes that it made itself
      }
      if (!ModulePaths.isPath(path) || !path.startsWith(around) || path.equals(around)) {
        break;
      }
      frames.add(new Frame(shared(fields[0] + "," + fields[1]), shared(path), type(fields[2])));
      around = path + ".";
    }
    return List.copyOf(frames);
  }

  /** The class's own name, or what stands for one that is no identifier. */
  static String type(String qualified) {
    String simple = qualified.substring(qualified.lastIndexOf('.') + 1);
    return simple.length() <= LONGEST_CLASS && ModulePaths.isIdentifier(simple) ? simple : "Layer";
  }

  private String shared(String text) {
    return known.computeIfAbsent(text, same -> same);
  }
}
