package dev.lapidary.torchscript.trace.operator;

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

/** Reduction Ops: variances and quantiles. */
public final class ReductionStatistics {

  private ReductionStatistics() {}

  public static void addTo(Map<String, Operator> table) {
    table.put("quantile", ReductionStatistics::quantile);
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
