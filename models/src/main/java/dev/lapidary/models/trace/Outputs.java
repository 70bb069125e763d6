package dev.lapidary.models.trace;

import dev.lapidary.models.graph.Argument;
import dev.lapidary.models.graph.Dim;
import java.util.List;

/** Finds the logits in what {@code forward} returns. */
final class Outputs {
  private Outputs() {}

  static Argument.Value logits(Datum result, OutputChoice choice) {
    Datum chosen = chosen(result, choice);
    if (!(chosen instanceof TensorRef tensor)) {
      throw Refusal.unsupported(
          "forward returns %s; --output-index or --output-key must choose a tensor",
          Datum.describe(chosen));
    }
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

  private static Datum chosen(Datum result, OutputChoice choice) {
    if (result instanceof Datum.DictOf dict) {
      List<Datum> values = List.copyOf(dict.items().values());
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
