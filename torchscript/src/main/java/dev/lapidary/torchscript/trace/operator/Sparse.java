package dev.lapidary.torchscript.trace.operator;

import dev.lapidary.core.tensor.DType;
import dev.lapidary.torchscript.trace.call.Invocation;
import dev.lapidary.torchscript.trace.call.Operator;
import dev.lapidary.torchscript.trace.limit.Refusal;
import dev.lapidary.torchscript.trace.value.Datum;
import java.util.List;
import java.util.Map;

/** Sparse functions: tables looked up by indices. */
public final class Sparse {

  private Sparse() {}

  public static void addTo(Map<String, Operator> table) {
    table.put("embedding", Sparse::embedding);
    table.put("one_hot", Sparse::oneHot);
  }

  /** {@code [..]} to {@code [.., classes]}. */
  private static Datum oneHot(Invocation call) {
    long classes = call.integer("num_classes");
    if (classes < 1) {
      throw Refusal.unsupported(
          "%s of %d classes: their number would depend on the data", call.operator(), classes);
    }
    Datum last = call.call("unsqueeze", call.self(), Datum.number(-1));
    Datum all = call.call("arange", Datum.number(classes));
    Datum int64 = Datum.number(DType.INT64.scalarType());
    return call.call("to", call.call("eq", last, all), int64);
  }

  /** A row of the table for each index. */
  static Datum embedding(Invocation call) {
    Datum rows = new Datum.ListOf(List.of(call.tensor("indices")));
    return call.call("index", call.get("weight"), rows);
  }
}
