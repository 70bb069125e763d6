package dev.lapidary.torchscript.trace.call;

import dev.lapidary.core.tensor.Tensor;
import dev.lapidary.torchscript.trace.limit.ProgramRefusal;
import dev.lapidary.torchscript.trace.value.Content;
import dev.lapidary.torchscript.trace.value.Elements;
import dev.lapidary.torchscript.trace.value.IValue;
import dev.lapidary.torchscript.trace.value.TensorRef;

/** Writing into a tensor: what an in-place operator does with the functional one's result. */
public final class Mutation {
  private Mutation() {}

  public static void write(
      TensorRef into, TensorRef result, String operator, Dispatcher dispatcher) {
    if (into == result) {
      return;
    }
    if (into.content() instanceof Content.Known target
        && result.content() instanceof Content.Known source) {
      Tensor from = source.tensor();
      Tensor held = target.over(target.cell().writable(dispatcher.budget()));
      Elements.write(held, from);
      return;
    }
    // A write keeps the integers' meaning, for whoever else looks at them.
    if (!into.quantization().equals(result.quantization())) {
      throw ProgramRefusal.unsupported("%s on a tensor that is quantized otherwise", operator);
    }
    TensorRef fitted = result;
    if (!fitted.shape().equals(into.shape())) {
      fitted = (TensorRef) dispatcher.aten("expand", fitted, IValue.ints(into.shape()));
    }
    if (fitted.dtype() != into.dtype()) {
      fitted = (TensorRef) dispatcher.aten("to", fitted, IValue.number(into.dtype().scalarType()));
    }
    into.replace(fitted.content(), operator);
  }
}
