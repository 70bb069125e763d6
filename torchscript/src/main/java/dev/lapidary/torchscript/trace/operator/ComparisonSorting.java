package dev.lapidary.torchscript.trace.operator;

import dev.lapidary.torchscript.graph.SymInt;
import dev.lapidary.torchscript.trace.call.Invocation;
import dev.lapidary.torchscript.trace.call.Operator;
import dev.lapidary.torchscript.trace.limit.ProgramRefusal;
import dev.lapidary.torchscript.trace.value.IValue;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;

/** Comparison Ops: elements in order. */
public final class ComparisonSorting {

  private ComparisonSorting() {}

  public static void addTo(Map<String, Operator> table) {
    table.put("topk", ComparisonSorting::topk);
  }

  private static IValue topk(Invocation call) {
    int dim = Ranking.dimension(call);
    long k = call.integer("k");
    long size = call.self().shape().get(dim).factor();
    if (k < 0 || k > size) {
      throw ProgramRefusal.wrong("topk of %d of a dimension of size %d", k, size);
    }
    if (call.allKnown()) {
      return KnownRanking.of(call, dim, k, call.flag("largest"));
    }
    List<SymInt> shape = new ArrayList<>(call.self().shape());
    shape.set(dim, SymInt.of(k));
    return Ranking.pair(call.with("dim", IValue.number(dim)), shape);
  }
}
