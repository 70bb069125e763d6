package dev.lapidary.torchscript.trace.operator;

import dev.lapidary.torchscript.trace.call.Invocation;
import dev.lapidary.torchscript.trace.call.Operator;
import dev.lapidary.torchscript.trace.value.Datum;
import dev.lapidary.torchscript.trace.value.Shapes;
import dev.lapidary.torchscript.trace.value.TensorRef;
import java.util.Map;

/** Distance functions. */
public final class Distances {
  private static final Datum LAST = Datum.ints(-1);

  private Distances() {}

  public static void addTo(Map<String, Operator> table) {
    table.put("pairwise_distance", Distances::pairwiseDistance);
    table.put("cosine_similarity", Distances::cosineSimilarity);
    table.put("cdist", Distances::cdist);
  }

  private static Datum pairwiseDistance(Invocation call) {
    Datum difference = call.call("sub", call.get("x1"), call.get("x2"));
    Datum apart = call.call("add", difference, call.get("eps"));
    return call.call(
        "linalg_vector_norm", apart, call.get("p"), Datum.ints(-1), call.get("keepdim"));
  }

  private static Datum cosineSimilarity(Invocation call) {
    TensorRef first = call.tensor("x1");
    TensorRef second = call.tensor("x2");
    int rank = Math.max(first.rank(), second.rank());
    Datum dim = Datum.ints(Shapes.dimension(call.integer("dim"), rank) - rank);
    Datum product = call.call("mul", directions(call, first, dim), directions(call, second, dim));
    return call.call("sum", product, dim, Datum.bool(false));
  }

  private static Datum directions(Invocation call, TensorRef vectors, Datum dim) {
    Datum length =
        call.call("clamp_min", ReductionSums.length(call, vectors, dim, true), call.get("eps"));
    return call.call("div", vectors, length);
  }

  /** {@code [.., P, M]} and {@code [.., R, M]} to {@code [.., P, R]}. */
  private static Datum cdist(Invocation call) {
    Datum rows = call.call("unsqueeze", call.get("x1"), Datum.number(-2));
    Datum columns = call.call("unsqueeze", call.get("x2"), Datum.number(-3));
    Datum differences = call.call("sub", rows, columns);
    return call.call("linalg_vector_norm", differences, call.get("p"), LAST, Datum.bool(false));
  }
}
