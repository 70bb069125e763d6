package dev.lapidary.models.trace;

import dev.lapidary.models.graph.Argument;
import dev.lapidary.models.graph.Dim;
import java.util.List;
import java.util.Optional;

/** Finds the logits in what {@code forward} returns. */
final class Outputs {
  private static final List<String> USUAL = List.of("logits", "out");

  private Outputs() {}

  static Argument.Value logits(Datum result, TraceOptions options) {
    Datum chosen = chosen(result, options);
    if (!(chosen instanceof TensorRef tensor)) {
      throw Refusal.unsupported(
          "forward returns %s; --output-index or --output-key must choose a tensor",
          Datum.describe(chosen));
    }
    if (!(tensor.content() instanceof Content.Traced traced)) {
      throw Refusal.unsupported("the output does not depend on the input");
    }
    List<Dim> shape = traced.shape();
    if (shape.isEmpty() || !shape.get(0).equals(Dim.BATCH)) {
      throw Refusal.unsupported(
          "the output has shape %s; its first dimension must be the batch", shape);
    }
    return traced.value();
  }

  private static Datum chosen(Datum result, TraceOptions options) {
    if (options.outputKey().isPresent()) {
      return byKey(result, options.outputKey().get());
    }
    if (options.outputIndex().isPresent()) {
      return byIndex(result, options.outputIndex().get());
    }
    if (result instanceof Datum.DictOf dict) {
      Optional<Datum> usual =
          USUAL.stream()
              .map(key -> dict.items().get(new Datum.Str(key)))
              .filter(TensorRef.class::isInstance)
              .findFirst();
      return usual.orElseGet(() -> first(List.copyOf(dict.items().values())));
    }
    if (result instanceof Datum.TupleOf tuple) {
      return USUAL.stream()
          .filter(tuple.fields()::contains)
          .map(key -> tuple.items().get(tuple.fields().indexOf(key)))
          .findFirst()
          .orElseGet(() -> first(tuple.items()));
    }
    return result instanceof Datum.ListOf list ? first(list.items()) : result;
  }

  private static Datum first(List<Datum> items) {
    return items.stream()
        .filter(TensorRef.class::isInstance)
        .findFirst()
        .orElseThrow(() -> Refusal.unsupported("forward returns no tensor"));
  }

  private static Datum byKey(Datum result, String key) {
    if (result instanceof Datum.DictOf dict) {
      Datum value = dict.items().get(new Datum.Str(key));
      if (value != null) {
        return value;
      }
      throw Refusal.wrong(
          "the output has no key %s; it has %s",
          key, dict.items().keySet().stream().map(Texts::shown).toList());
    }
    if (result instanceof Datum.TupleOf tuple && tuple.fields().contains(key)) {
      return tuple.items().get(tuple.fields().indexOf(key));
    }
    throw Refusal.wrong("--output-key %s: forward returns %s", key, Datum.describe(result));
  }

  private static Datum byIndex(Datum result, int index) {
    if (!(result instanceof Datum.TupleOf) && !(result instanceof Datum.ListOf)) {
      throw Refusal.wrong("--output-index %d: forward returns %s", index, Datum.describe(result));
    }
    List<Datum> items = Invocation.items(result);
    if (index < 0 || index >= items.size()) {
      throw Refusal.wrong("--output-index %d: forward returns %d values", index, items.size());
    }
    return items.get(index);
  }
}
