package dev.lapidary.torchscript.trace.operator;

import dev.lapidary.torchscript.trace.call.Invocation;
import dev.lapidary.torchscript.trace.call.Operator;
import dev.lapidary.torchscript.trace.limit.Refusal;
import dev.lapidary.torchscript.trace.value.Datum;
import dev.lapidary.torchscript.trace.value.Dims;
import dev.lapidary.torchscript.trace.value.Shapes;
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
    table.put("var_mean", call -> Datum.TupleOf.of(List.of(variance(call), mean(call))));
    table.put(
        "std_mean",
        call -> Datum.TupleOf.of(List.of(call.call("sqrt", variance(call)), mean(call))));
  }

  /** For several q, they are the first dimension. */
  private static Datum quantile(Invocation call) {
    if (call.isNone("dim")) {
      throw Refusal.unsupported("%s over all dimensions, and so over the batch", call.operator());
    }
    Datum sorted = call.call("sort", call.self(), call.get("dim")).toList().get(0);
    if (!(call.get("q") instanceof TensorRef q)) {
      return at(call, (TensorRef) sorted, call.real("q"));
    }
    List<Datum> all = new ArrayList<>();
    for (double fraction : q.tensor(call.operator() + "'s q").toDoubles()) {
      all.add(at(call, (TensorRef) sorted, fraction));
    }
    return q.rank() == 0 ? all.get(0) : call.call("stack", new Datum.ListOf(all), Datum.number(0));
  }

  /** Between two values by how near each of them is, in float32 as PyTorch. */
  private static Datum at(Invocation call, TensorRef sorted, double q) {
    if (!(q >= 0 && q <= 1)) {
      throw Refusal.wrong("%s of %s, which is not between 0 and 1", call.operator(), q);
    }
    int dim = Shapes.dimension(call.integer("dim"), sorted.rank());
    float size = Dims.constant(sorted.shape().get(dim));
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
              throw Refusal.wrong(
                  "%s with interpolation=%s", call.operator(), call.text("interpolation"));
        };
    Datum lower = value(call, sorted, dim, (long) below);
    if (share == 0 || rank == below) {
      return lower;
    }
    Datum upper = value(call, sorted, dim, (long) below + 1);
    return share == 1 ? upper : call.call("lerp", lower, upper, new Datum.Real(share));
  }

  private static Datum value(Invocation call, TensorRef sorted, int dim, long place) {
    Datum along = Datum.number(dim);
    Datum one = call.call("select", sorted, along, Datum.number(place));
    return call.flag("keepdim") ? call.call("unsqueeze", one, along) : one;
  }

  private static Datum variance(Invocation call) {
    int[] dims = dims(call);
    Datum list = Datum.ints(dims);
    Datum centred = centred(call, call.self(), list);
    Datum squares = call.call("mul", centred, centred);
    Datum biased = call.call("mean", squares, list, keeps(call));
    double count = count(call.self(), dims);
    double correction = correction(call);
    return correction == 0
        ? biased
        : call.call("mul", biased, new Datum.Real(count / Math.max(0, count - correction)));
  }

  private static Datum mean(Invocation call) {
    return call.call("mean", call.self(), Datum.ints(dims(call)), keeps(call));
  }

  private static Datum centred(Invocation call, Datum self, Datum dims) {
    return call.call("sub", self, call.call("mean", self, dims, Datum.bool(true)));
  }

  private static int[] dims(Invocation call) {
    boolean given = call.has("dim") && !call.isNone("dim");
    return Shapes.dimensions(given ? call.integers("dim") : new long[0], call.self().rank());
  }

  private static Datum keeps(Invocation call) {
    return Datum.bool(call.has("keepdim") && call.flag("keepdim"));
  }

  private static double count(TensorRef self, int[] dims) {
    double count = 1;
    for (int dim : dims) {
      count *= Dims.constant(self.shape().get(dim));
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
