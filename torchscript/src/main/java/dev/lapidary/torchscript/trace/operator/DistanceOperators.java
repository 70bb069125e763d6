package dev.lapidary.torchscript.trace.operator;

import dev.lapidary.torchscript.trace.call.Invocation;
import dev.lapidary.torchscript.trace.call.Operator;
import dev.lapidary.torchscript.trace.value.Datum;
import dev.lapidary.torchscript.trace.value.Shapes;
import dev.lapidary.torchscript.trace.value.TensorRef;
import java.util.Map;
import java.util.stream.IntStream;

/** Lengths of vectors and how far they are apart: heads that compare with prototypes. */
public final class DistanceOperators {
  private static final Datum LAST = Datum.ints(-1);

  private DistanceOperators() {}

  public static void addTo(Map<String, Operator> table) {
    table.put("frobenius_norm", DistanceOperators::frobenius);
    table.put("cosine_similarity", DistanceOperators::cosine);
    table.put("cdist", DistanceOperators::distances);
    table.put("_weight_norm", DistanceOperators::normalizedWeight);
  }

  /** What {@code x.norm(dim=1)} was recorded as. */
  private static Datum frobenius(Invocation call) {
    return length(call, call.self(), call.get("dim"), call.flag("keepdim"));
  }

  private static Datum length(Invocation call, Datum vectors, Datum dims, boolean keep) {
    return call.call("linalg_vector_norm", vectors, Datum.number(2), dims, Datum.bool(keep));
  }

  private static Datum cosine(Invocation call) {
    TensorRef first = call.tensor("x1");
    TensorRef second = call.tensor("x2");
    int rank = Math.max(first.rank(), second.rank());
    Datum dim = Datum.ints(Shapes.dimension(call.integer("dim"), rank) - rank);
    Datum product = call.call("mul", directions(call, first, dim), directions(call, second, dim));
    return call.call("sum", product, dim, Datum.bool(false));
  }

  private static Datum directions(Invocation call, TensorRef vectors, Datum dim) {
    Datum length = call.call("clamp_min", length(call, vectors, dim, true), call.get("eps"));
    return call.call("div", vectors, length);
  }

  /** {@code [.., P, M]} and {@code [.., R, M]} to {@code [.., P, R]}. */
  private static Datum distances(Invocation call) {
    Datum rows = call.call("unsqueeze", call.get("x1"), Datum.number(-2));
    Datum columns = call.call("unsqueeze", call.get("x2"), Datum.number(-3));
    Datum differences = call.call("sub", rows, columns);
    return call.call("linalg_vector_norm", differences, call.get("p"), LAST, Datum.bool(false));
  }

  /** {@code v g / |v|}, a length for each index of {@code dim}; -1 is one length for all. */
  private static Datum normalizedWeight(Invocation call) {
    TensorRef v = call.tensor("v");
    long dim = call.integer("dim");
    int[] others = IntStream.range(0, v.rank()).filter(d -> d != dim).toArray();
    Datum length = length(call, v, Datum.ints(others), true);
    return call.call("mul", v, call.call("div", call.get("g"), length));
  }
}
