package dev.lapidary.torchscript.pt2;

import dev.lapidary.torchscript.archive.PyValue.PyBool;
import dev.lapidary.torchscript.archive.PyValue.PyObject;
import dev.lapidary.torchscript.archive.PyValue.PyTensor;
import dev.lapidary.torchscript.pt2.ExportedProgram.Held;
import dev.lapidary.torchscript.pt2.ExportedProgram.Kind;
import java.util.EnumMap;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Optional;
import java.util.stream.Collectors;

/** A module as it is printed: its tensors, its parts, and a method for each way it is called. */
final class PrintedModule {
  private final String path;
  private final Map<String, PrintedModule> parts = new LinkedHashMap<>();
  private final Map<Kind, Map<String, PyTensor>> tensors = new EnumMap<>(Kind.class);

  /** Names by text: a module that is called twice alike has one method. */
  private final Map<String, String> methods = new LinkedHashMap<>();

  private String type = "Layer";

  PrintedModule(String path) {
    this.path = path;
  }

  /** Empty for the root. */
  String path() {
    return path;
  }

  void isOf(String simpleName) {
    type = simpleName;
  }

  /** The part of that name, made if there is none. */
  PrintedModule part(String name) {
    String inside = path.isEmpty() ? name : path + "." + name;
    return parts.computeIfAbsent(name, same -> new PrintedModule(inside));
  }

  void hold(String name, Held held) {
    tensors.computeIfAbsent(held.kind(), kind -> new LinkedHashMap<>()).put(name, held.tensor());
  }

  /** Whether an attribute would be a module and a tensor at once. */
  Optional<String> ambiguous() {
    return parts.keySet().stream()
        .filter(name -> tensors.values().stream().anyMatch(some -> some.containsKey(name)))
        .findFirst()
        .map(name -> path.isEmpty() ? name : path + "." + name)
        .or(() -> parts.values().stream().flatMap(part -> part.ambiguous().stream()).findFirst());
  }

  /**
   * @param text the method behind its name: {@code (self: ..., x: Tensor) -> Tensor: ...}
   * @return its name
   */
  String method(String text) {
    return methods.computeIfAbsent(
        text, same -> "forward" + (methods.isEmpty() ? "" : String.valueOf(methods.size())));
  }

  /** The module and all its parts as objects, their classes defined before those that hold them. */
  PyObject print(PrintedClasses classes) {
    Map<String, PyObject> objects = new LinkedHashMap<>();
    parts.forEach((name, part) -> objects.put(name, part.print(classes)));
    PyObject object = new PyObject(classes.name(type, body(objects)));
    tensors.values().forEach(object.attributes()::putAll);
    object.attributes().put("training", new PyBool(false));
    object.attributes().putAll(objects);
    return object;
  }

  private String body(Map<String, PyObject> objects) {
    StringBuilder text = new StringBuilder();
    text.append("  __parameters__ = [").append(names(Kind.PARAMETER)).append("]\n");
    text.append("  __buffers__ = [").append(names(Kind.BUFFER)).append("]\n");
    tensors.values().stream()
        .flatMap(some -> some.keySet().stream())
        .forEach(name -> text.append(ModulePaths.declaration(name, "Tensor")));
    text.append("  training : bool\n");
    objects.forEach(
        (name, object) -> text.append(ModulePaths.declaration(name, object.className())));
    methods.forEach((method, name) -> text.append("  def ").append(name).append(method));
    return text.toString();
  }

  private String names(Kind kind) {
    return tensors.getOrDefault(kind, Map.of()).keySet().stream()
        .map(name -> '"' + name + "\", ")
        .collect(Collectors.joining());
  }
}
