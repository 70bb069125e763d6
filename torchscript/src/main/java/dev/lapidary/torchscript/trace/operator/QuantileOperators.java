package dev.lapidary.torchscript.trace.operator;

import dev.lapidary.core.tensor.DType;
import dev.lapidary.torchscript.graph.Dim;
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

/** Where values lie among others: quantiles, and how many boundaries are below. */
public final class QuantileOperators {
  private static final Datum LAST = Datum.number(-1);

  private QuantileOperators() {}

  public static void addTo(Map<String, Operator> table) {
    table.put("quantile", QuantileOperators::quantile);
    table.put("bucketize", QuantileOperators::bucket);
    table.put("searchsorted", QuantileOperators::bucket);
    table.put("isin", QuantileOperators::contained);
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
      call.dispatcher().budget().node(); // and not a million of them, each with values of its own
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

  /** How many of the boundaries are less, or with {@code right} not greater. */
  private static Datum bucket(Invocation call) {
    boolean search = call.has("sorted_sequence");
    TensorRef boundaries = call.tensor(search ? "sorted_sequence" : "boundaries");
    boolean plain = boundaries.rank() == 1 && call.get("self") instanceof TensorRef;
    if (search) {
      plain &= call.isNone("sorter");
    }
    if (!plain) {
      throw Refusal.unsupported(
          "%s by boundaries of shape %s", call.operator(), boundaries.shape());
    }
    boolean right =
        call.flag("right") || (search && !call.isNone("side") && call.text("side").equals("right"));
    Datum value = call.call("unsqueeze", call.get("self"), LAST);
    Datum passed = call.call(right ? "ge" : "gt", value, boundaries);
    DType dtype = call.flag("out_int32") ? DType.INT32 : DType.INT64;
    Datum count = call.call("sum", passed, Datum.ints(-1));
    return call.call("to", count, Datum.number(dtype.scalarType()));
  }

  private static Datum contained(Invocation call) {
    TensorRef tests = call.tensor("test_elements");
    List<Dim> flat = List.of(Dims.product(tests.shape()));
    Datum list = call.call("reshape", tests, Datum.ints(flat));
    Datum equal = call.call("eq", call.call("unsqueeze", call.get("elements"), LAST), list);
    Datum found = call.call("any", equal, LAST);
    return call.flag("invert") ? call.call("logical_not", found) : found;
  }
}
