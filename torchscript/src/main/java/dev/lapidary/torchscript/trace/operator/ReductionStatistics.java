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
    table.put("var", ReductionStatistics::variance);
    table.put("std", call -> call.call("sqrt", variance(call)));
    table.put("var_mean", call -> IValue.TupleOf.of(List.of(variance(call), mean(call))));
    table.put(
        "std_mean",
        call -> IValue.TupleOf.of(List.of(call.call("sqrt", variance(call)), mean(call))));
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

  private static IValue value(Invocation call, TensorRef sorted, int dim, long place) {
    IValue along = IValue.number(dim);
    IValue one = call.call("select", sorted, along, IValue.number(place));
    return call.flag("keepdim") ? call.call("unsqueeze", one, along) : one;
  }

  private static IValue variance(Invocation call) {
    int[] dims = dims(call);
    IValue list = IValue.ints(dims);
    IValue centred = centred(call, call.self(), list);
    IValue squares = call.call("mul", centred, centred);
    IValue biased = call.call("mean", squares, list, keeps(call));
    double count = count(call.self(), dims);
    double correction = correction(call);
    return correction == 0
        ? biased
        : call.call("mul", biased, new IValue.Real(count / Math.max(0, count - correction)));
  }

  private static IValue mean(Invocation call) {
    return call.call("mean", call.self(), IValue.ints(dims(call)), keeps(call));
  }

  private static IValue centred(Invocation call, IValue self, IValue dims) {
    return call.call("sub", self, call.call("mean", self, dims, IValue.bool(true)));
  }

  private static int[] dims(Invocation call) {
    boolean given = call.has("dim") && !call.isNone("dim");
    return Shapes.dimensions(given ? call.integers("dim") : new long[0], call.self().rank());
  }

  private static IValue keeps(Invocation call) {
    return IValue.bool(call.has("keepdim") && call.flag("keepdim"));
  }

  private static double count(TensorRef self, int[] dims) {
    double count = 1;
    for (int dim : dims) {
      count *= SymInts.constant(self.shape().get(dim));
    }
    return count;
  }

  private static double correction(Invocation call) {
    if (call.has("unbiased")) {
      return call.flag("unbiased") ? 1 : 0;
    }
    return call.isNone("correction") ? 1 : call.real("correction");
  }
}
