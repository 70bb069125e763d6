package dev.lapidary.torchscript.trace;

import dev.lapidary.core.tensor.DType;
import dev.lapidary.torchscript.graph.Argument;
import dev.lapidary.torchscript.graph.Dim;
import dev.lapidary.torchscript.graph.Node;
import dev.lapidary.torchscript.graph.Schema;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.IdentityHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;

/** The program's own calls on quantized tensors, as the graph keeps them beside what they mean. */
final class SourceCalls {
  private final Operators operators;
  private final List<Node> nodes = new ArrayList<>();
  private final Set<Integer> written = new HashSet<>();
  private final IdentityHashMap<PackedParams, Argument.Value> packed = new IdentityHashMap<>();
  private final Map<Integer, Argument.Value> values = new HashMap<>();

  SourceCalls(Operators operators) {
    this.operators = operators;
  }

  List<Node> nodes() {
    return nodes;
  }

  /** Weights as the source's operators take them, packed once, before the call that reads them. */
  Argument.Value pack(PackedParams params) {
    return packed.computeIfAbsent(params, this::prepacked);
  }

  /** Keeps a call, unless its result is one that is kept already. */
  void add(Invocation call, Datum result) {
    List<Argument.Value> outputs = new ArrayList<>();
    for (TensorRef tensor : tensors(result)) {
      if (OnGrid.of(tensor).isEmpty() || !written.add(value(tensor).id())) {
        return;
      }
      outputs.add(value(tensor));
    }
    if (outputs.isEmpty()) {
      return;
    }
    List<Argument> arguments = call.arguments().stream().map(this::argument).toList();
    Recorder recorder = operators.recorder();
    nodes.add(new Node(call.schema(), arguments, outputs, recorder.scope(), recorder.location()));
  }

  private static List<TensorRef> tensors(Datum result) {
    if (result instanceof TensorRef tensor) {
      return List.of(tensor);
    }
    return result instanceof Datum.ListOf || result instanceof Datum.TupleOf
        ? Invocation.items(result).stream().map(TensorRef.class::cast).toList()
        : List.of();
  }

  /** The value that means it, of the integers' type. */
  private Argument.Value value(TensorRef tensor) {
    Argument.Value real = ((Content.Traced) tensor.content()).value();
    DType dtype = OnGrid.require(tensor).dtype();
    return values.computeIfAbsent(
        real.id(), id -> new Argument.Value(id, real.name(), dtype, real.shape()));
  }

  private Argument argument(Datum datum) {
    if (datum instanceof TensorRef tensor && OnGrid.of(tensor).isPresent()) {
      return value(tensor);
    }
    if (datum instanceof Datum.Packed weights) {
      return pack(weights.params());
    }
    return datum instanceof Datum.ListOf list
        ? new Argument.ListOf(list.items().stream().map(this::argument).toList())
        : operators.argument(datum);
  }

  private Argument.Value prepacked(PackedParams params) {
    Recorder recorder = operators.recorder();
    String operator = params.window().isPresent() ? "conv2d_prepack" : "linear_prepack";
    Schema schema = Schemas.first("quantized::" + operator);
    List<Argument> arguments = new ArrayList<>();
    arguments.add(operators.argument(params.quantized(operators)));
    arguments.add(operators.argument(params.addend()));
    params
        .window()
        .ifPresent(
            window -> {
              for (List<Dim> pair : List.of(window.stride(), window.padding(), window.dilation())) {
                arguments.add(operators.argument(Shapes.list(pair)));
              }
              arguments.add(new Argument.Int(Dim.of(window.groups())));
            });
    Argument.Value output = recorder.value(operator, DType.QINT8, List.of());
    nodes.add(new Node(schema, arguments, List.of(output), recorder.scope(), recorder.location()));
    return output;
  }
}
