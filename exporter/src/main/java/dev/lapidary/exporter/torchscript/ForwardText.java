package dev.lapidary.exporter.torchscript;

import dev.lapidary.torchscript.graph.Argument;
import dev.lapidary.torchscript.graph.Argument.Constant;
import dev.lapidary.torchscript.graph.Argument.Value;
import dev.lapidary.torchscript.graph.Graph;
import dev.lapidary.torchscript.graph.Node;
import dev.lapidary.torchscript.graph.Schema.Parameter;
import dev.lapidary.torchscript.graph.SourceLocation;
import dev.lapidary.torchscript.graph.SymInt;
import dev.lapidary.torchscript.script.Definition;
import dev.lapidary.torchscript.script.Expression;
import dev.lapidary.torchscript.script.Expression.Call;
import dev.lapidary.torchscript.script.Expression.Keyword;
import dev.lapidary.torchscript.script.Statement;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.function.Function;

/** A traced network as one {@code forward}: a statement an operator; several outputs are a list. */
final class ForwardText {
  /** Of what no text has been written for yet. */
  static final SourceLocation HERE = new SourceLocation(Code.PATH, 0, 0);

  private static final String INPUT = "input";
  private static final String BATCH = "batch_size";

  private final ModuleNode root;

  /** Tensors that are one in the source become one in the archive. */
  private final Map<Object, Expression> tensors = new HashMap<>();

  private final Map<Integer, String> names = new HashMap<>();
  private final Map<Integer, Expression> packed = new HashMap<>();
  private final Map<String, Integer> counts = new HashMap<>();
  private final List<Statement> statements = new ArrayList<>();
  private boolean usesBatch;

  private ForwardText(ModuleNode root) {
    this.root = root;
  }

  /**
   * @param weights the graph, and what is packed when the archive is loaded
   * @param root gets the tensors that the text reads
   * @return the method of the class whose qualified name is given
   */
  static Function<String, Definition.Function> of(PackedWeights weights, ModuleNode root) {
    ForwardText text = new ForwardText(root);
    Graph graph = weights.graph();
    weights.objects().forEach((id, object) -> text.packed.put(id, text.placed(object)));
    List<String> inputs = graph.inputs().stream().map(i -> text.named(i, INPUT)).toList();
    graph.nodes().forEach(text::statement);
    List<Statement> body = new ArrayList<>();
    List<Expression> outputs = graph.outputs().stream().map(o -> text.shown(o, "Tensor")).toList();
    boolean one = outputs.size() == 1;
    if (text.usesBatch) {
      Expression size = call("torch.size", List.of(name(inputs.get(0)), integer(0)));
      body.add(assigned(List.of(name(BATCH)), false, size));
    }
    body.addAll(text.statements);
    body.add(
        new Statement.Return(
            HERE, Optional.of(one ? outputs.get(0) : new Expression.ListOf(HERE, outputs))));
    Expression returns = one ? name("Tensor") : listOf(name("Tensor"));
    return className -> {
      List<Definition.Parameter> parameters = new ArrayList<>();
      parameters.add(parameter("self", Expression.dotted(HERE, className)));
      inputs.forEach(input -> parameters.add(parameter(input, name("Tensor"))));
      return new Definition.Function(HERE, "forward", parameters, Optional.of(returns), body);
    };
  }

  private static Definition.Parameter parameter(String name, Expression type) {
    return new Definition.Parameter(name, Optional.of(type), Optional.empty(), false);
  }

  private static Expression name(String id) {
    return new Expression.Name(HERE, id);
  }

  private static Expression integer(long value) {
    return new Expression.Int(HERE, value);
  }

  private static Expression call(String function, List<Expression> arguments) {
    return new Call(HERE, Expression.dotted(HERE, function), arguments, List.of());
  }

  private static Expression listOf(Expression element) {
    return new Expression.Subscript(HERE, name("List"), element);
  }

  private static Statement assigned(List<Expression> targets, boolean several, Expression value) {
    return new Statement.Assign(HERE, targets, several, Optional.empty(), value);
  }

  private void statement(Node node) {
    boolean list = node.schema().returns().get(0).endsWith("[]");
    boolean several = list || node.schema().returns().size() > 1;
    List<Expression> targets = new ArrayList<>();
    for (Value output : node.outputs()) {
      targets.add(name(named(output, node.operator().replaceFirst(".*::", ""))));
    }
    statements.add(assigned(targets, several, call(node)));
  }

  /** Values are called after the operator that computes them, and counted. */
  private String named(Value value, String operator) {
    int count = counts.merge(operator, 1, Integer::sum);
    String name = count == 1 ? operator : operator + "_" + count;
    names.put(value.id(), name);
    return name;
  }

  private Expression call(Node node) {
    List<Parameter> parameters = node.schema().parameters();
    int positional = 0;
    for (int i = 0; i < parameters.size(); i++) {
      Parameter parameter = parameters.get(i);
      if (!parameter.keywordOnly() && !Defaults.is(node.arguments().get(i), parameter)) {
        positional = i + 1;
      }
    }
    List<Expression> arguments = new ArrayList<>();
    List<Keyword> keywords = new ArrayList<>();
    for (int i = 0; i < parameters.size(); i++) {
      Parameter parameter = parameters.get(i);
      Argument argument = node.arguments().get(i);
      if (i < positional) {
        arguments.add(shown(argument, parameter.type()));
      } else if (parameter.keywordOnly() && !Defaults.is(argument, parameter)) {
        keywords.add(new Keyword(parameter.name(), shown(argument, parameter.type())));
      }
    }
    String called =
        node.operator().replace("aten::", "torch.").replace("quantized::", "ops.quantized.");
    return new Call(HERE, Expression.dotted(HERE, called), arguments, keywords);
  }

  private Expression shown(Argument argument, String type) {
    if (argument instanceof Value value) {
      Expression object = packed.get(value.id());
      return object == null ? name(String.valueOf(names.get(value.id()))) : object;
    }
    if (argument instanceof Constant constant) {
      return tensors.computeIfAbsent(constant.tensor().identity(), unused -> placed(constant));
    }
    if (argument instanceof Argument.Int i) {
      return type.startsWith("float") ? real((double) i.value().constant()) : size(i.value());
    }
    if (argument instanceof Argument.Real real) {
      return real(real.value());
    }
    if (argument instanceof Argument.Bool bool) {
      return new Expression.Bool(HERE, bool.value());
    }
    if (argument instanceof Argument.Str text) {
      Expression literal = new Expression.Text(HERE, text.value());
      return type.startsWith("Device") ? call("torch.device", List.of(literal)) : literal;
    }
    return argument == Argument.None.NONE
        ? new Expression.None(HERE)
        : list((Argument.ListOf) argument, type);
  }

  private Expression placed(Constant constant) {
    return root.put(constant.name(), constant.tensor())
        .orElseGet(() -> root.put("tensor_" + tensors.size(), constant.tensor()).orElseThrow());
  }

  private Expression placed(PackedWeights.Packed weights) {
    String module = weights.module().isEmpty() ? "" : weights.module() + ".";
    return root.put(module + "_packed_params", weights.object())
        .orElseGet(
            () -> root.put("_packed_params_" + packed.size(), weights.object()).orElseThrow());
  }

  private Expression size(SymInt dim) {
    if (!dim.perBatch()) {
      return integer(dim.factor());
    }
    usesBatch = true;
    return dim.factor() == 1
        ? name(BATCH)
        : call("torch.mul", List.of(name(BATCH), integer(dim.factor())));
  }

  /** What is no number has a name. */
  private static Expression real(double value) {
    if (Double.isNaN(value)) {
      return name("nan");
    }
    if (Double.isInfinite(value)) {
      return value > 0 ? name("inf") : new Expression.Unary(HERE, "-", name("inf"));
    }
    return new Expression.Real(HERE, value);
  }

  private Expression list(Argument.ListOf list, String type) {
    String element = type.substring(0, type.lastIndexOf('['));
    Expression items =
        new Expression.ListOf(
            HERE, list.items().stream().map(item -> shown(item, element)).toList());
    if (element.equals("Tensor?")) {
      Expression optional = new Expression.Subscript(HERE, name("Optional"), name("Tensor"));
      return call("annotate", List.of(listOf(optional), items));
    }
    boolean untyped = list.items().isEmpty();
    String named = element.equals("SymInt") ? "int" : element;
    return untyped ? call("annotate", List.of(listOf(name(named)), items)) : items;
  }
}
