package dev.lapidary.torchscript.trace.operator;

import dev.lapidary.core.tensor.DType;
import dev.lapidary.torchscript.graph.SymInt;
import dev.lapidary.torchscript.trace.call.Invocation;
import dev.lapidary.torchscript.trace.call.Operator;
import dev.lapidary.torchscript.trace.limit.ProgramRefusal;
import dev.lapidary.torchscript.trace.value.IValue;
import dev.lapidary.torchscript.trace.value.Shapes;
import java.util.List;
import java.util.Map;

/** Reduction Ops: the greatest and least elements, where they are, and any and all. */
public final class ReductionExtremes {

  private ReductionExtremes() {}

  public static void addTo(Map<String, Operator> table) {
    table.put("max", call -> extreme(call, "maximum", "amax"));
    table.put("min", call -> extreme(call, "minimum", "amin"));
    table.put("argmax", ReductionExtremes::position);
    table.put("argmin", ReductionExtremes::position);
    table.put("median", ReductionExtremes::median);
    table.put("amax", call -> Reductions.reduce(call, "amax"));
    table.put("amin", call -> Reductions.reduce(call, "amin"));
  }

  /** {@code max(x, y)}, {@code max(x)} or {@code max(x, dim) -> (values, indices)}. */
  private static IValue extreme(Invocation call, String ofTwo, String ofAll) {
    if (call.has("other")) {
      return call.call(ofTwo, call.get("self"), call.get("other"));
    }
    return call.has("dim") ? along(call) : call.call(ofAll, call.self());
  }

  private static IValue along(Invocation call) {
    int dim = Ranking.dimension(call);
    if (call.allKnown()) {
      return KnownRanking.first(call, dim, call.name().equals("max"));
    }
    List<SymInt> shape = Shapes.reduced(call.self().shape(), new int[] {dim}, call.flag("keepdim"));
    return Ranking.pair(call.with("dim", IValue.number(dim)), shape);
  }

  private static IValue position(Invocation call) {
    if (call.allKnown() && call.isNone("dim")) {
      IValue flat = call.call("reshape", call.self(), IValue.ints(-1));
      return call.call(call.name(), flat, IValue.number(0));
    }
    if (call.isNone("dim")) {
      throw ProgramRefusal.unsupported(
          "%s over all dimensions, and so over the batch", call.operator());
    }
    int dim = Ranking.dimension(call);
    if (call.allKnown()) {
      return KnownRanking.first(call, dim, call.name().equals("argmax")).toList().get(1);
    }
    return call.with("dim", IValue.number(dim))
        .record(
            DType.INT64,
            Shapes.reduced(call.self().shape(), new int[] {dim}, call.flag("keepdim")));
  }

  /** The lower one of two, as PyTorch. */
  private static IValue median(Invocation call) {
    long size = call.self().shape().get(Ranking.dimension(call)).factor();
    return call.call(
        "kthvalue",
        call.self(),
        IValue.number((size + 1) / 2),
        call.get("dim"),
        call.get("keepdim"));
  }
}
