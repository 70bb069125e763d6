package dev.lapidary.torchscript.trace.operator;

import dev.lapidary.torchscript.graph.SymInt;
import dev.lapidary.torchscript.trace.call.Invocation;
import dev.lapidary.torchscript.trace.call.Operator;
import dev.lapidary.torchscript.trace.value.IValue;
import dev.lapidary.torchscript.trace.value.Shapes;
import dev.lapidary.torchscript.trace.value.TensorRef;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;

/** Other Operations: several tensors by each other. */
public final class OtherCombinations {

  private OtherCombinations() {}

  public static void addTo(Map<String, Operator> table) {
    table.put("broadcast_tensors", OtherCombinations::broadcastTensors);
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
}
