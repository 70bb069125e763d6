package dev.lapidary.torchscript.script;

import dev.lapidary.core.failure.Failure;
import dev.lapidary.core.tensor.Tensor;
import dev.lapidary.torchscript.archive.PyValue;
import dev.lapidary.torchscript.archive.PyValue.PyObject;
import dev.lapidary.torchscript.archive.PyValue.PyTensor;
import dev.lapidary.torchscript.archive.TorchScriptArchive;
import java.util.ArrayList;
import java.util.Collections;
import java.util.IdentityHashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;

/**
 * An archive's parameters and buffers under the names that {@code torch.nn.Module.state_dict} gives
 * them and in its order: a module's parameters, its buffers, then its submodules, depth first.
 *
 * @param entries in order; names are unique, tensors may be shared (weight tying)
 */
public record StateDict(List<Entry> entries) {
  private static final int MAX_ENTRIES = 200_000;
  private static final int MAX_DEPTH = 200;

  public enum Kind {
    PARAMETER,
    BUFFER
  }

  /**
   * @param name {@code layer1.0.conv1.weight}
   * @param owner the module that holds it; putting another value at {@code attribute} replaces it
   * @param attribute the last part of the name
   */
  public record Entry(String name, PyTensor value, Kind kind, PyObject owner, String attribute) {
    public Tensor tensor() {
      return value.tensor();
    }
  }

  public StateDict {
    entries = List.copyOf(entries);
  }

  public static StateDict of(TorchScriptArchive archive) {
    return of(archive, new Program(archive.code()));
  }

  /** The same where the code is parsed already. */
  public static StateDict of(TorchScriptArchive archive, Program program) {
    List<Entry> entries = new ArrayList<>();
    Set<PyObject> open = Collections.newSetFromMap(new IdentityHashMap<>());
    collect(archive.root(), "", program, entries, open);
    return new StateDict(entries);
  }

  public Optional<Entry> find(String name) {
    return entries.stream().filter(e -> e.name().equals(name)).findFirst();
  }

  /** The tensors by name, in order. */
  public Map<String, Tensor> tensors() {
    Map<String, Tensor> tensors = new LinkedHashMap<>();
    entries.forEach(e -> tensors.put(e.name(), e.tensor()));
    return tensors;
  }

  private static void collect(
      PyObject module, String prefix, Program program, List<Entry> entries, Set<PyObject> open) {
    if (!open.add(module) || open.size() > MAX_DEPTH) {
      throw Failure.badInput(
          "module %s: it contains itself, or modules nest deeper than %d", prefix, MAX_DEPTH);
    }
    Definition.ClassDef type = program.requireClass(module.className());
    type.parameters().forEach(name -> add(entries, module, prefix, name, Kind.PARAMETER));
    for (String name : bufferNames(type, module)) {
      add(entries, module, prefix, name, Kind.BUFFER);
    }
    if (entries.size() > MAX_ENTRIES) {
      throw Failure.badInput("more than %d parameters and buffers", MAX_ENTRIES);
    }
    for (Map.Entry<String, PyValue> attribute : module.attributes().entrySet()) {
      if (attribute.getValue() instanceof PyObject child && isModule(child, program)) {
        collect(child, prefix + attribute.getKey() + ".", program, entries, open);
      }
    }
    open.remove(module);
  }

  /** Printers before PyTorch 1.5 wrote no {@code __buffers__}: there every other tensor is one. */
  private static List<String> bufferNames(Definition.ClassDef type, PyObject module) {
    return type.buffers()
        .orElseGet(
            () ->
                module.attributes().keySet().stream()
                    .filter(name -> !type.parameters().contains(name))
                    .toList());
  }

  private static void add(
      List<Entry> entries, PyObject module, String prefix, String attribute, Kind kind) {
    if (module.attributes().get(attribute) instanceof PyTensor tensor) {
      entries.add(new Entry(prefix + attribute, tensor, kind, module, attribute));
    }
  }

  private static boolean isModule(PyObject object, Program program) {
    return program
        .find(object.className())
        .map(d -> d instanceof Definition.ClassDef type && type.isModule())
        .orElse(false);
  }
}
