package dev.lapidary.exporter.torchscript;

import dev.lapidary.core.tensor.Storage;
import dev.lapidary.torchscript.graph.Argument;
import dev.lapidary.torchscript.graph.Argument.Constant;
import dev.lapidary.torchscript.graph.Argument.Value;
import dev.lapidary.torchscript.graph.Dim;
import dev.lapidary.torchscript.graph.Graph;
import dev.lapidary.torchscript.graph.Node;
import dev.lapidary.torchscript.graph.Schema.Parameter;
import java.util.Arrays;
import java.util.HashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.stream.Collectors;

/**
 * A traced network as the text of one {@code forward}: a statement an operator; several outputs are
 * a list. Grammar: {@code torch/csrc/jit/serialization/python_print.cpp}.
 */
final class ForwardText {
  private static final String INPUT = "input";
  private static final String BATCH = "batch_size";

  private final Part root;
  private final Map<View, String> tensors = new HashMap<>();
  private final Map<Integer, String> names = new HashMap<>();
  private final Map<String, Integer> counts = new HashMap<>();
  private final StringBuilder statements = new StringBuilder();
  private boolean usesBatch;

  private ForwardText(Part root) {
    this.root = root;
  }

  /** Tensors that are one in the source become one in the archive. */
  private record View(Storage storage, long offset, List<Long> shape, List<Long> strides) {
    static View of(Constant constant) {
      return new View(
          constant.tensor().storage(),
          constant.tensor().offset(),
          Arrays.stream(constant.tensor().shape()).boxed().toList(),
          Arrays.stream(constant.tensor().strides()).boxed().toList());
    }
  }

  /**
   * @param root gets the tensors that the text reads
   * @return the method, indented as a member of its class
   */
  static String of(Graph graph, Part root) {
    ForwardText text = new ForwardText(root);
    List<String> inputs = graph.inputs().stream().map(i -> text.named(i, INPUT)).toList();
    graph.nodes().forEach(text::statement);
    StringBuilder method =
        new StringBuilder("  def forward(self: " + Code.SELF + ",\n    ")
            .append(String.join(": Tensor,\n    ", inputs))
            .append(": Tensor) -> ");
    boolean one = graph.outputs().size() == 1;
    method.append(one ? "Tensor:\n" : "List[Tensor]:\n");
    if (text.usesBatch) {
      line(method, BATCH + " = torch.size(" + inputs.get(0) + ", 0)");
    }
    method.append(text.statements);
    List<String> outputs = graph.outputs().stream().map(o -> text.shown(o, "Tensor")).toList();
    line(method, "return " + (one ? outputs.get(0) : "[" + String.join(", ", outputs) + "]"));
    return method.toString();
  }

  private static void line(StringBuilder to, String statement) {
    to.append("    ").append(statement).append('\n');
  }

  private void statement(Node node) {
    boolean list = node.schema().returns().get(0).endsWith("[]");
    boolean several = list || node.schema().returns().size() > 1;
    String targets =
        node.outputs().stream()
            .map(output -> named(output, node.operator().replaceFirst(".*::", "")))
            .collect(Collectors.joining(", ", "", several ? ", " : ""));
    line(statements, targets.stripTrailing() + " = " + call(node));
  }

  /** Values are called after the operator that computes them, and counted. */
  private String named(Value value, String operator) {
    int count = counts.merge(operator, 1, Integer::sum);
    String name = count == 1 ? operator : operator + "_" + count;
    names.put(value.id(), name);
    return name;
  }

  private String call(Node node) {
    List<Parameter> parameters = node.schema().parameters();
    int positional = 0;
    for (int i = 0; i < parameters.size(); i++) {
      Parameter parameter = parameters.get(i);
      if (!parameter.keywordOnly() && !Defaults.is(node.arguments().get(i), parameter)) {
        positional = i + 1;
      }
    }
    StringBuilder text = new StringBuilder();
    for (int i = 0; i < parameters.size(); i++) {
      Parameter parameter = parameters.get(i);
      boolean keyword = parameter.keywordOnly() && !Defaults.is(node.arguments().get(i), parameter);
      if (i < positional || keyword) {
        text.append(text.isEmpty() ? "" : ", ")
            .append(keyword ? parameter.name() + "=" : "")
            .append(shown(node.arguments().get(i), parameter.type()));
      }
    }
    String called =
        node.operator().replace("aten::", "torch.").replace("quantized::", "ops.quantized.");
    return called + "(" + text + ")";
  }

  private String shown(Argument argument, String type) {
    if (argument instanceof Value value) {
      return String.valueOf(names.get(value.id()));
    }
    if (argument instanceof Constant constant) {
      return tensors.computeIfAbsent(View.of(constant), unused -> placed(constant));
    }
    if (argument instanceof Argument.Int i) {
      return type.startsWith("float") ? real((double) i.value().constant()) : size(i.value());
    }
    if (argument instanceof Argument.Real real) {
      return real(real.value());
    }
    if (argument instanceof Argument.Bool bool) {
      return bool.value() ? "True" : "False";
    }
    if (argument instanceof Argument.Str text) {
      return type.startsWith("Device")
          ? "torch.device(" + quoted(text.value()) + ")"
          : quoted(text.value());
    }
    return argument == Argument.None.NONE ? "None" : list((Argument.ListOf) argument, type);
  }

  private String placed(Constant constant) {
    return root.put(constant.name(), constant.tensor())
        .orElseGet(() -> root.put(fresh(), constant.tensor()).orElseThrow());
  }

  private String fresh() {
    return "tensor_" + tensors.size();
  }

  private String size(Dim dim) {
    if (!dim.perBatch()) {
      return Long.toString(dim.factor());
    }
    usesBatch = true;
    return dim.factor() == 1 ? BATCH : "torch.mul(" + BATCH + ", " + dim.factor() + ")";
  }

  private static String real(double value) {
    if (Double.isNaN(value)) {
      return "nan";
    }
    return Double.isInfinite(value)
        ? (value > 0 ? "inf" : "-inf")
        : Double.toString(value).toLowerCase(Locale.ROOT);
  }

  private static String quoted(String text) {
    return "\"" + text.replace("\\", "\\\\").replace("\"", "\\\"") + "\"";
  }

  private String list(Argument.ListOf list, String type) {
    String element = type.substring(0, type.lastIndexOf('['));
    String items =
        list.items().stream()
            .map(item -> shown(item, element))
            .collect(Collectors.joining(", ", "[", "]"));
    if (element.equals("Tensor?")) {
      return "annotate(List[Optional[Tensor]], " + items + ")";
    }
    boolean untyped = list.items().isEmpty();
    String named = element.equals("SymInt") ? "int" : element;
    return untyped ? "annotate(List[" + named + "], [])" : items;
  }
}
