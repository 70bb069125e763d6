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
    table.put("sort", ComparisonSorting::sort);
    table.put("argsort", call -> sort(call).toList().get(1));
    table.put("kthvalue", call -> Ranking.kth(call, call.integer("k")));
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

  private static IValue sort(Invocation call) {
    SymInt size = call.self().shape().get(Ranking.dimension(call));
    IValue yes = IValue.bool(true);
    return call.call(
        "topk", call.self(), new IValue.Int(size), call.get("dim"), call.get("descending"), yes);
  }
}
