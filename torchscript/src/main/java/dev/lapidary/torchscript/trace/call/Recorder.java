package dev.lapidary.torchscript.trace.call;

import dev.lapidary.core.tensor.DType;
import dev.lapidary.core.tensor.Storage;
import dev.lapidary.core.tensor.Tensor;
import dev.lapidary.torchscript.graph.Argument;
import dev.lapidary.torchscript.graph.Node;
import dev.lapidary.torchscript.graph.Schema;
import dev.lapidary.torchscript.graph.SourceLocation;
import dev.lapidary.torchscript.graph.SymInt;
import dev.lapidary.torchscript.trace.limit.Budget;
import dev.lapidary.torchscript.trace.value.Content;
import dev.lapidary.torchscript.trace.value.SymInts;
import dev.lapidary.torchscript.trace.value.TensorRef;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Deque;
import java.util.HashMap;
import java.util.IdentityHashMap;
import java.util.List;
import java.util.Map;

/** The graph while it grows: nodes, values and constants with their names. */
public final class Recorder {
  private final Budget budget;
  private final List<Node> nodes = new ArrayList<>();
  private final Map<String, Integer> names = new HashMap<>();
  private final IdentityHashMap<Storage, Map<List<Object>, String>> constants =
      new IdentityHashMap<>();
  private final Deque<String> scopes = new ArrayDeque<>(List.of(""));
  private SourceLocation location = new SourceLocation("", 0, 0);
  private int values;
  private int constantCount;
  private int decomposed;

  public Recorder(Budget budget) {
    this.budget = budget;
  }

  /**
   * Where the program is; nodes and refusals take it over. Inside of a decomposition that is where
   * the operator was called.
   */
  public SourceLocation at(SourceLocation source) {
    if (decomposed == 0) {
      location = source;
    }
    return location;
  }

  public void enterDecomposition() {
    decomposed++;
  }

  public void leaveDecomposition() {
    decomposed--;
  }

  public SourceLocation location() {
    return location;
  }

  public void enterModule(String path) {
    scopes.push(path);
  }

  /** The state_dict path of the module that runs. */
  public String scope() {
    return scopes.getFirst();
  }

  public void leaveModule() {
    scopes.pop();
  }

  public Argument.Value value(String name, DType dtype, List<SymInt> shape) {
    return new Argument.Value(values++, name, dtype, shape);
  }

  /** Appends a node with one output for each shape. */
  List<TensorRef> node(
      Schema schema, List<Argument> arguments, List<DType> dtypes, List<List<SymInt>> shapes) {
    budget.node();
    List<Argument.Value> outputs = new ArrayList<>();
    for (int i = 0; i < shapes.size(); i++) {
      budget.value(SymInts.product(shapes.get(i)));
      outputs.add(value(fresh(schema.operator()), dtypes.get(i), shapes.get(i)));
    }
    nodes.add(new Node(schema, arguments, outputs, scopes.getFirst(), location));
    return outputs.stream().map(TensorRef::traced).toList();
  }

  private String fresh(String operator) {
    String name = operator.substring(operator.lastIndexOf(':') + 1);
    int count = names.merge(name, 1, Integer::sum);
    return count == 1 ? name : name + "_" + count;
  }

  /** A known tensor as it is now; later writes by the program do not reach it. */
  public Argument.Constant constant(Content.Known known) {
    Storage storage = known.cell().freeze();
    Tensor tensor = known.tensor();
    if (!known.name().isEmpty() && known.cell().writes() == 0) {
      return new Argument.Constant(known.name(), tensor);
    }
    List<Object> view =
        List.of(
            known.dtype(),
            Arrays.toString(known.sizes()),
            Arrays.toString(known.strides()),
            known.offset());
    String name =
        constants
            .computeIfAbsent(storage, k -> new HashMap<>())
            .computeIfAbsent(view, k -> "constant_" + constantCount++);
    return new Argument.Constant(name, tensor);
  }

  /** The nodes that the outputs depend on. */
  public List<Node> needed(List<Argument.Value> outputs) {
    return Node.needed(nodes, outputs);
  }
}
