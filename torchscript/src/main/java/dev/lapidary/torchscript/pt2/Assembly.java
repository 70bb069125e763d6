package dev.lapidary.torchscript.pt2;

import dev.lapidary.core.failure.Failure;
import dev.lapidary.core.failure.Quote;
import dev.lapidary.torchscript.archive.PyValue.PyTensor;
import dev.lapidary.torchscript.pt2.ExportNode.Output;
import dev.lapidary.torchscript.pt2.ExportedProgram.Held;
import dev.lapidary.torchscript.pt2.ExportedProgram.Input;
import dev.lapidary.torchscript.pt2.ExportedProgram.Result;
import dev.lapidary.torchscript.pt2.ModelJson.GraphModule;
import dev.lapidary.torchscript.pt2.ModelJson.StateInput;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;

/** Puts a graph and its tensors together, and holds them against each other. */
final class Assembly {
  private final GraphModule model;
  private final Map<String, PyTensor> weights;
  private final Map<String, PyTensor> constants;
  private final Map<String, String> state = new LinkedHashMap<>();
  private final Map<String, Held> tensors = new LinkedHashMap<>();
  private final Map<String, PyTensor> lifted = new LinkedHashMap<>();

  private Assembly(
      GraphModule model, Map<String, PyTensor> weights, Map<String, PyTensor> constants) {
    this.model = model;
    this.weights = weights;
    this.constants = constants;
  }

  static ExportedProgram of(
      GraphModule model, Map<String, PyTensor> weights, Map<String, PyTensor> constants) {
    return new Assembly(model, weights, constants).assemble();
  }

  private ExportedProgram assemble() {
    model.state().forEach(this::hold);
    model.constants().forEach((name, key) -> lifted.put(name, find(key)));
    Input input = input();
    InlinedParts.Flat flat = InlinedParts.of(model.nodes(), model.metas());
    requireOrder(input, flat.nodes());
    return new ExportedProgram(
        model.version(),
        input,
        state,
        tensors,
        lifted,
        flat.nodes(),
        flat.metas(),
        new Result(model.results(), keys()),
        model.rootType());
  }

  private void hold(StateInput input) {
    String path = input.path();
    if (!ModulePaths.isPath(path) || path.matches("(.*\\.)?(training|forward\\d*)(\\..*)?")) {
      throw Failure.unsupported(
          "the tensor %s has a name that TorchScript has no place for: no quotes, backslashes,"
              + " control characters, 'training' or 'forward'; rename the module before the export",
          Quote.of(path));
    }
    state.put(input.name(), path);
    tensors.put(path, new Held(find(path), input.kind()));
  }

  private PyTensor find(String name) {
    PyTensor tensor = weights.containsKey(name) ? weights.get(name) : constants.get(name);
    if (tensor == null) {
      throw Failure.badInput(
          "holds no tensor %s, which its graph reads; the file is damaged", Quote.of(name));
    }
    return tensor;
  }

  private Input input() {
    List<String> images = model.images();
    if (images.size() != 1) {
      throw Failure.unsupported(
          "the program takes %d inputs, expected one tensor of images; wrap the network in a module"
              + " that takes one, and export that",
          images.size());
    }
    String name = images.get(0);
    TensorMeta meta = model.metas().get(name);
    if (meta == null) {
      throw Failure.badInput(
          "nothing is said of the input %s's shape; the file is damaged", Quote.of(name));
    }
    if (!ExportEnums.dtype(meta.dtype()).isFloating()) {
      throw Failure.unsupported(
          "the program takes %s, expected images of float32; export the network itself, without"
              + " the conversion of its images",
          ExportEnums.dtype(meta.dtype()));
    }
    if (meta.sizes().isEmpty()) {
      throw Failure.unsupported("the program takes a single number, expected images");
    }
    return new Input(name, meta.sizes().subList(1, meta.sizes().size()));
  }

  /** Each value is computed once, before anything reads it: then there is no cycle. */
  private void requireOrder(Input input, List<ExportNode> nodes) {
    Set<String> defined = new HashSet<>(state.keySet());
    defined.addAll(lifted.keySet());
    defined.add(input.name());
    for (ExportNode node : nodes) {
      node.refs(name -> requireDefined(defined, name));
      for (Output output : node.outputs()) {
        if (!defined.add(output.name())) {
          throw Failure.badInput(
              "the graph computes %s twice; the file is damaged", Quote.of(output.name()));
        }
      }
    }
    model.results().forEach(result -> requireDefined(defined, result.name()));
    if (model.results().isEmpty()) {
      throw Failure.unsupported("the program returns no tensor");
    }
  }

  private static void requireDefined(Set<String> defined, String name) {
    if (!defined.contains(name)) {
      throw Failure.badInput(
          "the graph reads %s before anything computes it; the file is damaged", Quote.of(name));
    }
  }

  private List<String> keys() {
    return model.keys().size() == model.results().size() ? model.keys() : List.of();
  }
}
