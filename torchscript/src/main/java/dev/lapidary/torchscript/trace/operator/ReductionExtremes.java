package dev.lapidary.torchscript.trace.operator;

import dev.lapidary.core.tensor.DType;
import dev.lapidary.torchscript.graph.SymInt;
import dev.lapidary.torchscript.trace.call.Invocation;
import dev.lapidary.torchscript.trace.call.Operator;
import dev.lapidary.torchscript.trace.limit.ProgramRefusal;
import dev.lapidary.torchscript.trace.value.IValue;
import dev.lapidary.torchscript.trace.value.Shapes;
import dev.lapidary.torchscript.trace.value.SymInts;
import dev.lapidary.torchscript.trace.value.TensorRef;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;

/** Reduction Ops: the greatest and least elements, where they are, and quantiles. */
final class ReductionExtremes {

  private ReductionExtremes() {}

  static void addTo(Map<String, Operator> table) {
    table.put("max", call -> extreme(call, "maximum", "amax"));
    table.put("min", call -> extreme(call, "minimum", "amin"));
    table.put("argmax", ReductionExtremes::position);
    table.put("argmin", ReductionExtremes::position);
    table.put("median", ReductionExtremes::median);
    table.put("quantile", ReductionExtremes::quantile);
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
      return Ranking.firstOfKnown(call, dim, call.name().equals("max"));
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
      return Ranking.firstOfKnown(call, dim, call.name().equals("argmax")).toList().get(1);
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

  /** For several q, they are the first dimension. */
  private static IValue quantile(Invocation call) {
    if (call.isNone("dim")) {
      throw ProgramRefusal.unsupported(
          "%s over all dimensions, and so over the batch", call.operator());
    }
    IValue sorted = call.call("sort", call.self(), call.get("dim")).toList().get(0);
    if (!(call.get("q") instanceof TensorRef q)) {
      return at(call, (TensorRef) sorted, call.real("q"));
    }
    List<IValue> all = new ArrayList<>();
    for (double fraction : q.tensor(call.operator() + "'s q").toDoubles()) {
      all.add(at(call, (TensorRef) sorted, fraction));
    }
    return q.rank() == 0
        ? all.get(0)
        : call.call("stack", new IValue.ListOf(all), IValue.number(0));
  }

  /** Between two values by how near each of them is, in float32 as PyTorch. */
  private static IValue at(Invocation call, TensorRef sorted, double q) {
    if (!(q >= 0 && q <= 1)) {
      throw ProgramRefusal.wrong("%s of %s, which is not between 0 and 1", call.operator(), q);
    }
    int dim = Shapes.dimension(call.integer("dim"), sorted.rank());
    float size = SymInts.constant(sorted.shape().get(dim));
    double rank = (float) q * (size - 1);
    double below = Math.floor(rank);
    double share =
        switch (call.text("interpolation")) {
          case "linear" -> (float) rank - (float) below;
          case "lower" -> 0;
          case "higher" -> rank > below ? 1 : 0;
          case "midpoint" -> 0.5;
          case "nearest" -> Math.rint(rank) > below ? 1 : 0;
          default ->
              throw ProgramRefusal.wrong(
                  "%s with interpolation=%s", call.operator(), call.text("interpolation"));
        };
    IValue lower = value(call, sorted, dim, (long) below);
    if (share == 0 || rank == below) {
      return lower;
    }
    IValue upper = value(call, sorted, dim, (long) below + 1);
    return share == 1 ? upper : call.call("lerp", lower, upper, new IValue.Real(share));
  }

  private static IValue value(Invocation call, TensorRef sorted, int dim, long index) {
    IValue along = IValue.number(dim);
    IValue one = call.call("select", sorted, along, IValue.number(index));
    return call.flag("keepdim") ? call.call("unsqueeze", one, along) : one;
  }
}
