package dev.lapidary.torchscript.pt2;

import dev.lapidary.torchscript.archive.PyValue.PyBool;
import dev.lapidary.torchscript.archive.PyValue.PyObject;
import dev.lapidary.torchscript.pt2.ExportedProgram.Held;
import dev.lapidary.torchscript.pt2.ExportedProgram.Kind;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Optional;

/** A module as it is printed: its tensors, its parts, and a method for each way it is called. */
final class PrintedModule {
  private final String path;
  private final Map<String, PrintedModule> parts = new LinkedHashMap<>();
  private final Map<String, Held> tensors = new LinkedHashMap<>();

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
    tensors.put(name, held);
  }

  /** Whether an attribute would be a module and a tensor at once. */
  Optional<String> ambiguous() {
    return parts.keySet().stream()
        .filter(tensors::containsKey)
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
    for (Kind kind : Kind.values()) {
      tensors.forEach(
          (name, held) -> {
            if (held.kind() == kind) {
              object.attributes().put(name, held.tensor());
            }
          });
    }
    object.attributes().put("training", new PyBool(false));
    object.attributes().putAll(objects);
    return object;
  }

  private String body(Map<String, PyObject> objects) {
    StringBuilder text = new StringBuilder();
    text.append("  __parameters__ = [").append(names(Kind.PARAMETER)).append("]\n");
    text.append("  __buffers__ = [").append(names(Kind.BUFFER)).append("]\n");
    for (Kind kind : Kind.values()) {
      tensors.forEach(
          (name, held) -> {
            if (held.kind() == kind) {
              text.append(ModulePaths.declaration(name, "Tensor"));
            }
          });
    }
    text.append("  training : bool\n");
    objects.forEach(
        (name, object) -> text.append(ModulePaths.declaration(name, object.className())));
    methods.forEach((method, name) -> text.append("  def ").append(name).append(method));
    return text.toString();
  }

  private String names(Kind kind) {
    StringBuilder text = new StringBuilder();
    tensors.forEach(
        (name, held) -> {
          if (held.kind() == kind) {
            text.append('"').append(name).append("\", ");
          }
        });
    return text.toString();
  }
}
