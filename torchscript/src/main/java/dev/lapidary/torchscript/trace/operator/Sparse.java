package dev.lapidary.torchscript.trace.operator;

import dev.lapidary.core.tensor.DType;
import dev.lapidary.torchscript.trace.call.Invocation;
import dev.lapidary.torchscript.trace.call.Operator;
import dev.lapidary.torchscript.trace.limit.ProgramRefusal;
import dev.lapidary.torchscript.trace.value.IValue;
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
  private static IValue oneHot(Invocation call) {
    long classes = call.integer("num_classes");
    if (classes < 1) {
      throw ProgramRefusal.unsupported(
          "%s of %d classes: their number would depend on the data", call.operator(), classes);
    }
    IValue last = call.call("unsqueeze", call.self(), IValue.number(-1));
    IValue all = call.call("arange", IValue.number(classes));
    IValue int64 = IValue.number(DType.INT64.scalarType());
    return call.call("to", call.call("eq", last, all), int64);
  }

  /** A row of the table for each index. */
  static IValue embedding(Invocation call) {
    IValue rows = new IValue.ListOf(List.of(call.tensor("indices")));
    return call.call("index", call.get("weight"), rows);
  }
}
