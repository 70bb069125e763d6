package dev.lapidary.exporter.torchscript;

import dev.lapidary.core.tensor.Tensor;
import dev.lapidary.torchscript.archive.PyValue.PyBool;
import dev.lapidary.torchscript.archive.PyValue.PyObject;
import dev.lapidary.torchscript.archive.PyValue.PyTensor;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Optional;
import java.util.regex.Pattern;
import java.util.stream.Collectors;

/**
 * A module that holds tensors and other modules: the state_dict's names as a tree, so that the
 * tensors of the written archive are called as they were.
 */
final class Part {
  private static final Pattern NAME = Pattern.compile("[A-Za-z_]\\w*|\\d+");

  private final Map<String, Tensor> tensors = new LinkedHashMap<>();
  private final Map<String, Part> children = new LinkedHashMap<>();

  /**
   * Puts a tensor at its place.
   *
   * @param name {@code layer1.0.conv1.weight}
   * @return how the root's method reads it; empty if the name is taken or not one of a module
   */
  Optional<String> put(String name, Tensor tensor) {
    String[] path = name.split("\\.", -1);
    Part part = this;
    String access = "self";
    for (int i = 0; i < path.length; i++) {
      boolean last = i + 1 == path.length;
      boolean free =
          last ? !part.children.containsKey(path[i]) : !part.tensors.containsKey(path[i]);
      if (!free || path[i].equals("training") || !NAME.matcher(path[i]).matches()) {
        return Optional.empty();
      }
      access = attribute(access, path[i]);
      if (!last) {
        part = part.children.computeIfAbsent(path[i], unused -> new Part());
      }
    }
    return part.tensors.putIfAbsent(path[path.length - 1], tensor) == null
        ? Optional.of(access)
        : Optional.empty();
  }

  private static String attribute(String object, String name) {
    return Character.isDigit(name.charAt(0))
        ? "getattr(" + object + ", \"" + name + "\")"
        : object + "." + name;
  }

  /** The object of this module; a class for each kind of module is added to the code. */
  PyObject object(Code code, String simpleName, String method) {
    Map<String, PyObject> objects = new LinkedHashMap<>();
    children.forEach((name, child) -> objects.put(name, child.object(code, "Part", "")));
    PyObject object = new PyObject(code.className(simpleName, body(objects) + method));
    tensors.forEach((name, t) -> object.attributes().put(name, new PyTensor(t, false)));
    object.attributes().put("training", new PyBool(false));
    object.attributes().putAll(objects);
    return object;
  }

  private String body(Map<String, PyObject> objects) {
    StringBuilder body = new StringBuilder();
    body.append("  __parameters__ = [").append(names(true)).append("]\n");
    body.append("  __buffers__ = [").append(names(false)).append("]\n");
    tensors.keySet().forEach(name -> declare(body, name, "Tensor"));
    declare(body, "training", "bool");
    objects.forEach((name, object) -> declare(body, name, object.className()));
    return body.toString();
  }

  /** libtorch wants parameters to be of a type that could have a gradient. */
  private String names(boolean parameters) {
    return tensors.entrySet().stream()
        .filter(entry -> entry.getValue().dtype().isFloating() == parameters)
        .map(entry -> "\"" + entry.getKey() + "\", ")
        .collect(Collectors.joining());
  }

  private static void declare(StringBuilder body, String name, String type) {
    if (Character.isDigit(name.charAt(0))) {
      body.append("  __annotations__[\"").append(name).append("\"] = ").append(type).append('\n');
    } else {
      body.append("  ").append(name).append(" : ").append(type).append('\n');
    }
  }
}
