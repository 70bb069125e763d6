package dev.lapidary.torchscript.trace;

import dev.lapidary.core.tensor.DType;
import dev.lapidary.torchscript.graph.Argument;
import dev.lapidary.torchscript.graph.Dim;
import dev.lapidary.torchscript.trace.builtin.Texts;
import dev.lapidary.torchscript.trace.call.Dispatcher;
import dev.lapidary.torchscript.trace.limit.Refusal;
import dev.lapidary.torchscript.trace.value.Content;
import dev.lapidary.torchscript.trace.value.Datum;
import dev.lapidary.torchscript.trace.value.TensorRef;
import java.util.List;
import java.util.Map;

/** Finds the logits in what {@code forward} returns. */
final class Outputs {
  private Outputs() {}

  static Argument.Value logits(Datum result, OutputChoice choice, Dispatcher dispatcher) {
    Datum chosen = chosen(result, choice);
    if (!(chosen instanceof TensorRef own)) {
      throw Refusal.unsupported(
          chosen == result
              ? "forward returns %s; expected a tensor, or several of which one holds the logits"
              : "the output that is chosen is %s; --output-index or --output-key must choose a"
                  + " tensor, and where none is outside of other tuples and dicts, a module around"
                  + " the network must return it",
          Datum.describe(chosen));
    }
    TensorRef tensor = converted(own, dispatcher);
    if (!(tensor.content() instanceof Content.Traced traced)) {
      throw Refusal.unsupported("the output does not depend on the input");
    }
    if (traced.grid().isPresent()) {
      throw Refusal.unsupported(
          "the output is a quantized tensor; it must end in torch.dequantize, and --output can only"
              + " name a module that gives real numbers");
    }
    List<Dim> shape = traced.shape();
    if (shape.isEmpty() || !shape.get(0).equals(Dim.BATCH)) {
      throw Refusal.unsupported(
          "the output has shape %s; its first dimension must be the batch", shape);
    }
    return traced.value();
  }

  /** What runtimes give and take: numbers are FLOAT32, classes INT64. */
  private static TensorRef converted(TensorRef output, Dispatcher dispatcher) {
    DType to = output.dtype().isFloating() ? DType.FLOAT32 : DType.INT64;
    return output.dtype() == to || !(output.content() instanceof Content.Traced)
        ? output
        : (TensorRef)
            dispatcher.call("aten::to", List.of(output, Datum.number(to.scalarType())), Map.of());
  }

  private static Datum chosen(Datum result, OutputChoice choice) {
    if (result instanceof Datum.DictOf dict) {
      List<Datum> values = List.copyOf(dict.items().values());
      if (!dict.items().keySet().stream().allMatch(Datum.Str.class::isInstance)) {
        throw Refusal.unsupported(
            "forward returns a dict with the keys %s; only keys that are strings can be read",
            dict.items().keySet().stream().map(Texts::shown).toList());
      }
      List<String> keys = dict.items().keySet().stream().map(Texts::shown).toList();
      return values.get(choice.ofDict(keys, tensors(values)));
    }
    if (result instanceof Datum.TupleOf tuple) {
      return tuple.items().get(choice.ofTuple(tuple.fields(), tensors(tuple.items())));
    }
    if (result instanceof Datum.ListOf list) {
      return list.items().get(choice.ofTuple(List.of(), tensors(list.items())));
    }
    if (!choice.equals(OutputChoice.FIRST)) {
      throw Refusal.wrong(
          "forward returns %s; leave --output-index and --output-key out", Datum.describe(result));
    }
    return result;
  }

  private static List<Boolean> tensors(List<Datum> items) {
    return items.stream().map(TensorRef.class::isInstance).toList();
  }
}
