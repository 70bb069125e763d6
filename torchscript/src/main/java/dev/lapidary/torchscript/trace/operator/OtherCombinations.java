package dev.lapidary.torchscript.trace.operator;

import dev.lapidary.torchscript.graph.SymInt;
import dev.lapidary.torchscript.trace.call.Invocation;
import dev.lapidary.torchscript.trace.call.Operator;
import dev.lapidary.torchscript.trace.limit.ProgramRefusal;
import dev.lapidary.torchscript.trace.value.IValue;
import dev.lapidary.torchscript.trace.value.Shapes;
import dev.lapidary.torchscript.trace.value.TensorRef;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;

/** Other Operations: several tensors by each other. */
final class OtherCombinations {

  private OtherCombinations() {}

  static void addTo(Map<String, Operator> table) {
    table.put("broadcast_tensors", OtherCombinations::broadcastTensors);
    table.put("cross", OtherCombinations::cross);
    table.put("einsum", Einsum::apply);
  }

  private static IValue broadcastTensors(Invocation call) {
    List<TensorRef> tensors = call.tensors("tensors");
    List<SymInt> shape = List.of();
    for (TensorRef tensor : tensors) {
      shape = Shapes.broadcast(shape, tensor.shape());
    }
    List<IValue> wide = new ArrayList<>();
    for (TensorRef tensor : tensors) {
      wide.add(call.call("expand", tensor, IValue.ints(shape)));
    }
    return new IValue.ListOf(wide);
  }

  /** Along the first dimension of three elements where none is given; a batch is none. */
  private static IValue cross(Invocation call) {
    List<SymInt> shape = Shapes.broadcast(call.self().shape(), call.tensor("other").shape());
    int three = shape.indexOf(SymInt.of(3));
    if (call.isNone("dim") && three < 0) {
      throw ProgramRefusal.wrong("%s of tensors of shape %s", call.operator(), shape);
    }
    IValue dim = call.isNone("dim") ? IValue.number(three) : call.get("dim");
    return call.dispatcher()
        .call("aten::linalg_cross", List.of(call.self(), call.get("other")), Map.of("dim", dim));
  }
}
