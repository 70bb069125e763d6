package dev.lapidary.models.zoo;

import dev.lapidary.core.tensor.Tensor;
import dev.lapidary.models.zoo.Module.Slot;
import dev.lapidary.torchscript.archive.PyValue;
import dev.lapidary.torchscript.archive.PyValue.PyBool;
import dev.lapidary.torchscript.archive.PyValue.PyObject;
import dev.lapidary.torchscript.archive.PyValue.PyTensor;
import dev.lapidary.torchscript.archive.TorchScriptArchive;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.TreeMap;
import java.util.function.BiFunction;
import java.util.function.Predicate;
import java.util.stream.Collectors;

/**
 * Turns a described network into a TorchScript archive: one class for each distinct module, and the
 * tree of objects with their tensors. Grammar: {@code
 * torch/csrc/jit/serialization/python_print.cpp}.
 */
final class ArchiveBuilder {
  /** 10 is the version that PyTorch 1.11 and later write. */
  private static final int VERSION = 10;

  private static final String SELF = "\0self\0";

  private final String path;
  private final Trace trace;
  private final Map<String, Tensor> tensors;
  private final Map<String, String> classNames = new LinkedHashMap<>();
  private final Map<String, Integer> types = new TreeMap<>();

  private ArchiveBuilder(String family, Trace trace, Map<String, Tensor> tensors) {
    this.path = "lapidary/zoo/" + family;
    this.trace = trace;
    this.tensors = tensors;
  }

  static TorchScriptArchive build(
      String name,
      String family,
      Module root,
      Trace trace,
      BiFunction<String, Slot, Tensor> tensors) {
    ArchiveBuilder builder = new ArchiveBuilder(family, trace, fill(root, tensors));
    PyObject object = builder.object("", root);
    Map<String, String> code = Map.of("__torch__/" + builder.path + ".py", builder.text());
    return new TorchScriptArchive(
        name, VERSION, new TreeMap<>(code), object, List.of(), new TreeMap<>());
  }

  /** Every entry of the state_dict with its slot, in PyTorch's order. */
  static Map<String, Slot> slots(Module root) {
    Map<String, Slot> all = new LinkedHashMap<>();
    collect("", root, all);
    return all;
  }

  private static void collect(String prefix, Module module, Map<String, Slot> all) {
    module.slots().forEach((name, slot) -> all.put(prefix + name, slot));
    module.children().forEach((name, child) -> collect(prefix + name + ".", child, all));
  }

  /** On all cores: a tensor depends on its own name only. */
  private static Map<String, Tensor> fill(Module root, BiFunction<String, Slot, Tensor> tensors) {
    return slots(root).entrySet().parallelStream()
        .collect(
            Collectors.toConcurrentMap(
                Map.Entry::getKey, e -> tensors.apply(e.getKey(), e.getValue())));
  }

  private PyObject object(String prefix, Module module) {
    Map<String, PyObject> children = new LinkedHashMap<>();
    module
        .children()
        .forEach((name, child) -> children.put(name, object(prefix + name + ".", child)));
    PyObject object = new PyObject(className(module, children));
    Map<String, PyValue> attributes = object.attributes();
    module.slots().forEach((name, slot) -> attributes.put(name, tensor(prefix + name, slot)));
    attributes.put("training", new PyBool(false));
    attributes.putAll(children);
    return object;
  }

  private PyTensor tensor(String name, Slot slot) {
    return new PyTensor(Objects.requireNonNull(tensors.get(name), name), slot.parameter());
  }

  private String className(Module module, Map<String, PyObject> children) {
    String body = body(module, children);
    return classNames.computeIfAbsent(
        module.type() + "(Module):\n" + body, text -> newName(module));
  }

  private String newName(Module module) {
    int count = types.merge(module.type(), 1, Integer::sum);
    String simple = count == 1 ? module.type() : module.type() + "_" + (count - 1);
    return "__torch__." + path.replace('/', '.') + "." + simple;
  }

  private String text() {
    StringBuilder all = new StringBuilder();
    classNames.forEach(
        (text, name) -> {
          String simple = name.substring(name.lastIndexOf('.') + 1);
          String body = text.substring(text.indexOf('(')).replace(SELF, name);
          all.append("class ").append(simple).append(body);
        });
    return all.toString();
  }

  private String body(Module module, Map<String, PyObject> children) {
    List<String> lines = new ArrayList<>();
    lines.add("__parameters__ = " + names(module, Slot::parameter));
    lines.add("__buffers__ = " + names(module, slot -> !slot.parameter()));
    module.slots().keySet().forEach(name -> lines.add(name + " : Tensor"));
    lines.add("training : bool");
    children.forEach((name, child) -> lines.add(declaration(name, child.className())));
    trace.texts(module).values().forEach(text -> method(text, lines));
    return lines.stream().map(line -> "  " + line + "\n").collect(Collectors.joining());
  }

  private static String declaration(String name, String type) {
    return Forward.isIdentifier(name)
        ? name + " : " + type
        : "__annotations__[\"" + name + "\"] = " + type;
  }

  private static void method(Trace.Text text, List<String> lines) {
    lines.add("def " + text.method().name() + "(self: " + SELF + ",");
    lines.add("    x: Tensor) -> " + text.method().returns() + ":");
    text.lines().forEach(line -> lines.add("  " + line));
    lines.add("  return " + text.result());
  }

  private static String names(Module module, Predicate<Slot> which) {
    return module.slots().entrySet().stream()
        .filter(e -> which.test(e.getValue()))
        .map(e -> "\"" + e.getKey() + "\", ")
        .collect(Collectors.joining("", "[", "]"));
  }
}
