package dev.lapidary.exporter.torchscript;

import static dev.lapidary.exporter.torchscript.ForwardText.HERE;

import dev.lapidary.core.tensor.Tensor;
import dev.lapidary.torchscript.archive.PyValue.PyBool;
import dev.lapidary.torchscript.archive.PyValue.PyObject;
import dev.lapidary.torchscript.archive.PyValue.PyTensor;
import dev.lapidary.torchscript.script.Definition;
import dev.lapidary.torchscript.script.Definition.ClassDef;
import dev.lapidary.torchscript.script.Expression;
import dev.lapidary.torchscript.script.Identifiers;
import dev.lapidary.torchscript.script.Program;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.function.Function;
import java.util.regex.Pattern;

/**
 * A module that holds tensors and other modules: the state_dict's names as a tree, so that the
 * tensors of the written archive are called as they were.
 */
final class ModuleNode {
  /** What may stand between quotes in the text. */
  private static final Pattern NAME = Pattern.compile("[^.\"\\\\\\p{Cc}]+");

  private final Map<String, Tensor> tensors = new LinkedHashMap<>();
  private final Map<String, ModuleNode> children = new LinkedHashMap<>();
  private final Map<String, PyObject> packed = new LinkedHashMap<>();

  /**
   * Puts a tensor at its place.
   *
   * @param name {@code layer1.0.conv1.weight}
   * @return how the root's method reads it; empty if the name is taken or not one of a module
   */
  Optional<Expression> put(String name, Tensor tensor) {
    return slot(name).map(slot -> slot.hold(slot.module.tensors, tensor));
  }

  /** The same for an object of a class that is libtorch's own. */
  Optional<Expression> put(String name, PyObject object) {
    return slot(name).map(slot -> slot.hold(slot.module.packed, object));
  }

  /**
   * A free place.
   *
   * @param access how the root's method reads it
   */
  private record Slot(ModuleNode module, String name, Expression access) {
    <T> Expression hold(Map<String, T> held, T object) {
      held.put(name, object);
      return access;
    }
  }

  private Optional<Slot> slot(String name) {
    String[] path = name.split("\\.", -1);
    ModuleNode part = this;
    Expression access = new Expression.Name(HERE, "self");
    for (int i = 0; i < path.length; i++) {
      boolean last = i + 1 == path.length;
      boolean taken =
          part.tensors.containsKey(path[i])
              || part.packed.containsKey(path[i])
              || (last && part.children.containsKey(path[i]));
      if (taken || path[i].equals("training") || !NAME.matcher(path[i]).matches()) {
        return Optional.empty();
      }
      access = attribute(access, path[i]);
      if (!last) {
        part = part.children.computeIfAbsent(path[i], unused -> new ModuleNode());
      }
    }
    return Optional.of(new Slot(part, path[path.length - 1], access));
  }

  private static Expression attribute(Expression object, String name) {
    if (Identifiers.is(name)) {
      return new Expression.Attribute(HERE, object, name);
    }
    Expression text = new Expression.Text(HERE, name);
    return new Expression.Call(
        HERE, new Expression.Name(HERE, "getattr"), List.of(object, text), List.of());
  }

  /**
   * The object of this module; a class for each kind of module is added to the code.
   *
   * @param methods of the class of a qualified name
   */
  PyObject object(
      Code code, String simpleName, Function<String, List<Definition.Function>> methods) {
    Map<String, PyObject> objects = new LinkedHashMap<>();
    children.forEach(
        (name, child) -> objects.put(name, child.object(code, "Part", unused -> List.of())));
    PyObject object =
        new PyObject(
            code.className(
                simpleName, className -> type(className, objects, methods.apply(className))));
    tensors.forEach((name, t) -> object.attributes().put(name, new PyTensor(t, false)));
    object.attributes().put("training", new PyBool(false));
    object.attributes().putAll(packed);
    object.attributes().putAll(objects);
    return object;
  }

  private ClassDef type(
      String className, Map<String, PyObject> objects, List<Definition.Function> methods) {
    Map<String, Expression> attributes = new LinkedHashMap<>();
    tensors.keySet().forEach(name -> attributes.put(name, new Expression.Name(HERE, "Tensor")));
    attributes.put("training", new Expression.Name(HERE, "bool"));
    packed.forEach(
        (name, object) -> attributes.put(name, Expression.dotted(HERE, object.className())));
    objects.forEach(
        (name, object) -> attributes.put(name, Expression.dotted(HERE, object.className())));
    Map<String, Definition.Function> byName = new LinkedHashMap<>();
    methods.forEach(method -> byName.put(method.name(), method));
    return new ClassDef(
        HERE,
        Program.simpleName(className),
        "Module",
        names(true),
        Optional.of(names(false)),
        attributes,
        Map.of(),
        byName);
  }

  /** libtorch wants parameters to be of a type that could have a gradient. */
  private List<String> names(boolean parameters) {
    return tensors.entrySet().stream()
        .filter(entry -> entry.getValue().dtype().isFloating() == parameters)
        .map(Map.Entry::getKey)
        .toList();
  }
}
