package dev.lapidary.torchscript.trace;

import dev.lapidary.core.tensor.Tensor;
import dev.lapidary.core.tensor.Uniform;
import dev.lapidary.torchscript.archive.PyValue;
import dev.lapidary.torchscript.archive.PyValue.PyObject;
import dev.lapidary.torchscript.archive.PyValue.PyTensor;
import dev.lapidary.torchscript.archive.TorchScriptArchive;
import dev.lapidary.torchscript.graph.Argument;
import dev.lapidary.torchscript.graph.Graph;
import dev.lapidary.torchscript.graph.Node;
import dev.lapidary.torchscript.graph.SymInt;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.stream.Collectors;

/** A small module for tests: the lines of its forward, its attributes, its trace. */
final class Scripts {
  private final List<String> members = new ArrayList<>();
  private final Map<String, PyValue> attributes = new LinkedHashMap<>();
  private final List<PyValue> constants = new ArrayList<>();
  private String functions = "";
  private String body = "";

  static Scripts forward(String body) {
    Scripts script = new Scripts();
    script.body = body;
    return script;
  }

  /** A parameter of numbers that its name gives. */
  Scripts parameter(String name, long... shape) {
    return tensor(name, Uniform.tensor(name, shape));
  }

  Scripts tensor(String name, Tensor tensor) {
    members.add(name + " : Tensor");
    attributes.put(name, new PyTensor(tensor, false));
    return this;
  }

  Scripts attribute(String name, PyValue value) {
    attributes.put(name, value);
    return this;
  }

  Scripts constant(PyValue value) {
    constants.add(value);
    return this;
  }

  /** More definitions of the same file. */
  Scripts with(String definitions) {
    functions = definitions;
    return this;
  }

  TorchScriptArchive archive() {
    StringBuilder code = new StringBuilder("class Net(Module):\n  __parameters__ = [");
    members.forEach(m -> code.append('"').append(m.substring(0, m.indexOf(' '))).append("\", "));
    code.append("]\n  __buffers__ = []\n");
    members.forEach(m -> code.append("  ").append(m).append('\n'));
    code.append("  def forward(self: __torch__.Net,\n    x: Tensor) -> Tensor:\n");
    code.append(body.stripTrailing().indent(4)).append(functions);
    PyObject root = new PyObject("__torch__.Net");
    root.attributes().putAll(attributes);
    return new TorchScriptArchive(
        "net",
        10,
        new TreeMap<>(Map.of("__torch__.py", code.toString())),
        root,
        constants,
        new TreeMap<>());
  }

  /** The trace for an input of {@code [N, 3, 4, 4]}. */
  Graph trace() {
    return Tracer.trace(archive(), TraceOptions.of(3, 4, 4));
  }

  /** The names of the operators of the trace, in order, without {@code aten::}. */
  List<String> operators() {
    return trace().nodes().stream().map(n -> n.operator().substring("aten::".length())).toList();
  }

  /** The one constant tensor that the trace's last node takes as {@code other}. */
  Tensor constantOfLast() {
    List<Node> nodes = trace().nodes();
    return ((Argument.Constant) nodes.get(nodes.size() - 1).argument("other")).tensor();
  }

  static String shape(Graph graph) {
    return graph.outputs().get(0).shape().stream()
        .map(SymInt::toString)
        .collect(Collectors.joining(", ", "[", "]"));
  }
}
