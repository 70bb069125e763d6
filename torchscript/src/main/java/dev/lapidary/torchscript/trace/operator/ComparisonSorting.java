package dev.lapidary.torchscript.trace.operator;

import dev.lapidary.torchscript.graph.SymInt;
import dev.lapidary.torchscript.trace.call.Invocation;
import dev.lapidary.torchscript.trace.call.Operator;
import dev.lapidary.torchscript.trace.limit.ProgramRefusal;
import dev.lapidary.torchscript.trace.value.IValue;
import dev.lapidary.torchscript.trace.value.Shapes;
import java.util.List;
import java.util.Map;

/** Comparison Ops: elements in order. */
final class ComparisonSorting {

  private ComparisonSorting() {}

  static void addTo(Map<String, Operator> table) {
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
      return Ranking.ofKnown(call, dim, k, call.flag("largest"));
    }
    List<SymInt> shape = Shapes.with(call.self().shape(), dim, SymInt.of(k));
    return Ranking.pair(call.with("dim", IValue.number(dim)), shape);
  }
}
