package dev.lapidary.torchscript.trace.operator;

import dev.lapidary.torchscript.graph.Dim;
import dev.lapidary.torchscript.trace.call.Invocation;
import dev.lapidary.torchscript.trace.call.Operator;
import dev.lapidary.torchscript.trace.limit.Refusal;
import dev.lapidary.torchscript.trace.value.Datum;
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

  private static Datum topk(Invocation call) {
    int dim = Ranking.dimension(call);
    long k = call.integer("k");
    long size = call.self().shape().get(dim).factor();
    if (k < 0 || k > size) {
      throw Refusal.wrong("topk of %d of a dimension of size %d", k, size);
    }
    if (call.allKnown()) {
      return KnownRanking.of(call, dim, k, call.flag("largest"));
    }
    List<Dim> shape = new ArrayList<>(call.self().shape());
    shape.set(dim, Dim.of(k));
    return Ranking.pair(call.with("dim", Datum.number(dim)), shape);
  }

  private static Datum sort(Invocation call) {
    Dim size = call.self().shape().get(Ranking.dimension(call));
    Datum yes = Datum.bool(true);
    return call.call(
        "topk", call.self(), new Datum.Int(size), call.get("dim"), call.get("descending"), yes);
  }
}
