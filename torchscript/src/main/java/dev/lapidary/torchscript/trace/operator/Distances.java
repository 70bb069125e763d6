package dev.lapidary.torchscript.trace.operator;

import dev.lapidary.torchscript.trace.call.Invocation;
import dev.lapidary.torchscript.trace.call.Operator;
import dev.lapidary.torchscript.trace.value.IValue;
import dev.lapidary.torchscript.trace.value.Shapes;
import dev.lapidary.torchscript.trace.value.TensorRef;
import java.util.Map;

/** Distance functions. */
public final class Distances {
  private static final IValue LAST = IValue.ints(-1);

  private Distances() {}

  public static void addTo(Map<String, Operator> table) {
    table.put("pairwise_distance", Distances::pairwiseDistance);
    table.put("cosine_similarity", Distances::cosineSimilarity);
    table.put("cdist", Distances::cdist);
  }

  private static IValue pairwiseDistance(Invocation call) {
    IValue difference = call.call("sub", call.get("x1"), call.get("x2"));
    IValue apart = call.call("add", difference, call.get("eps"));
    return call.call(
        "linalg_vector_norm", apart, call.get("p"), IValue.ints(-1), call.get("keepdim"));
  }

  private static IValue cosineSimilarity(Invocation call) {
    TensorRef first = call.tensor("x1");
    TensorRef second = call.tensor("x2");
    int rank = Math.max(first.rank(), second.rank());
    IValue dim = IValue.ints(Shapes.dimension(call.integer("dim"), rank) - rank);
    IValue product = call.call("mul", directions(call, first, dim), directions(call, second, dim));
    return call.call("sum", product, dim, IValue.bool(false));
  }

  private static IValue directions(Invocation call, TensorRef vectors, IValue dim) {
    IValue length =
        call.call("clamp_min", ReductionSums.length(call, vectors, dim, true), call.get("eps"));
    return call.call("div", vectors, length);
  }

  /** {@code [.., P, M]} and {@code [.., R, M]} to {@code [.., P, R]}. */
  private static IValue cdist(Invocation call) {
    IValue rows = call.call("unsqueeze", call.get("x1"), IValue.number(-2));
    IValue columns = call.call("unsqueeze", call.get("x2"), IValue.number(-3));
    IValue differences = call.call("sub", rows, columns);
    return call.call("linalg_vector_norm", differences, call.get("p"), LAST, IValue.bool(false));
  }
}
