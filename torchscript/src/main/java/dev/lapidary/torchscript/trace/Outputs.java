package dev.lapidary.torchscript.trace;

import dev.lapidary.core.tensor.DType;
import dev.lapidary.torchscript.graph.Argument;
import dev.lapidary.torchscript.graph.SymInt;
import dev.lapidary.torchscript.trace.builtin.Texts;
import dev.lapidary.torchscript.trace.call.Dispatcher;
import dev.lapidary.torchscript.trace.limit.ProgramRefusal;
import dev.lapidary.torchscript.trace.value.Content;
import dev.lapidary.torchscript.trace.value.IValue;
import dev.lapidary.torchscript.trace.value.TensorRef;
import java.util.List;

/** Finds the logits in what {@code forward} returns. */
final class Outputs {
  private Outputs() {}

  static Argument.Value logits(IValue result, OutputChoice choice, Dispatcher dispatcher) {
    IValue chosen = chosen(result, choice);
    if (!(chosen instanceof TensorRef own)) {
      throw ProgramRefusal.unsupported(
          chosen == result
              ? "forward returns %s; expected a tensor, or several of which one holds the logits"
              : "the output that is chosen is %s; --output-index or --output-key must choose a"
                  + " tensor, and where none is outside of other tuples and dicts, a module around"
                  + " the network must return it",
          IValue.describe(chosen));
    }
    TensorRef tensor = converted(own, dispatcher);
    if (!(tensor.content() instanceof Content.Traced traced)) {
      throw ProgramRefusal.unsupported("the output does not depend on the input");
    }
    if (traced.quantization().isPresent()) {
      throw ProgramRefusal.unsupported(
          "the output is a quantized tensor; it must end in torch.dequantize, and --output can only"
              + " name a module that gives real numbers");
    }
    List<SymInt> shape = traced.shape();
    if (shape.isEmpty() || !shape.get(0).equals(SymInt.BATCH)) {
      throw ProgramRefusal.unsupported(
          "the output has shape %s; its first dimension must be the batch", shape);
    }
    return traced.value();
  }

  /** What runtimes give and take: numbers are FLOAT32, classes INT64. */
  private static TensorRef converted(TensorRef output, Dispatcher dispatcher) {
    DType to = output.dtype().isFloating() ? DType.FLOAT32 : DType.INT64;
    return output.dtype() == to || !(output.content() instanceof Content.Traced)
        ? output
        : (TensorRef) dispatcher.aten("to", output, IValue.number(to.scalarType()));
  }

  private static IValue chosen(IValue result, OutputChoice choice) {
    if (result instanceof IValue.DictOf dict) {
      List<IValue> values = List.copyOf(dict.items().values());
      if (!dict.items().keySet().stream().allMatch(IValue.Str.class::isInstance)) {
        throw ProgramRefusal.unsupported(
            "forward returns a dict with the keys %s; only keys that are strings can be read",
            dict.items().keySet().stream().map(Texts::shown).toList());
      }
      List<String> keys = dict.items().keySet().stream().map(Texts::shown).toList();
      return values.get(choice.ofDict(keys, tensors(values)));
    }
    if (result instanceof IValue.TupleOf tuple) {
      return tuple.items().get(choice.ofTuple(tuple.fields(), tensors(tuple.items())));
    }
    if (result instanceof IValue.ListOf list) {
      return list.items().get(choice.ofTuple(List.of(), tensors(list.items())));
    }
    if (!choice.equals(OutputChoice.FIRST)) {
      throw ProgramRefusal.wrong(
          "forward returns %s; leave --output-index and --output-key out", IValue.describe(result));
    }
    return result;
  }

  private static List<Boolean> tensors(List<IValue> items) {
    return items.stream().map(TensorRef.class::isInstance).toList();
  }
}
