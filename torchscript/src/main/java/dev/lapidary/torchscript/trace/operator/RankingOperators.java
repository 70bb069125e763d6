package dev.lapidary.torchscript.trace.operator;

import dev.lapidary.core.tensor.DType;
import dev.lapidary.torchscript.graph.Dim;
import dev.lapidary.torchscript.trace.call.Invocation;
import dev.lapidary.torchscript.trace.call.Operator;
import dev.lapidary.torchscript.trace.limit.Refusal;
import dev.lapidary.torchscript.trace.value.Datum;
import dev.lapidary.torchscript.trace.value.Shapes;
import dev.lapidary.torchscript.trace.value.TensorRef;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;

/** The greatest and the least elements, and where they are: heads that give classes, not logits. */
public final class RankingOperators {
  private RankingOperators() {}

  public static void addTo(Map<String, Operator> table) {
    table.put("max", call -> extreme(call, "maximum", "amax"));
    table.put("min", call -> extreme(call, "minimum", "amin"));
    table.put("argmax", RankingOperators::position);
    table.put("argmin", RankingOperators::position);
    table.put("topk", RankingOperators::topk);
    table.put("sort", RankingOperators::sort);
    table.put("argsort", call -> sort(call).toList().get(1));
    table.put("aminmax", RankingOperators::extremes);
    table.put("kthvalue", call -> kth(call, call.integer("k")));
    table.put("median", RankingOperators::median);
  }

  /** {@code max(x, y)}, {@code max(x)} or {@code max(x, dim) -> (values, indices)}. */
  private static Datum extreme(Invocation call, String ofTwo, String ofAll) {
    if (call.has("other")) {
      return call.call(ofTwo, call.get("self"), call.get("other"));
    }
    return call.has("dim") ? along(call) : call.call(ofAll, call.self());
  }

  private static Datum along(Invocation call) {
    int dim = dimension(call);
    if (call.allKnown()) {
      return KnownRanking.first(call, dim, call.name().equals("max"));
    }
    List<Dim> shape = Shapes.reduced(call.self().shape(), new int[] {dim}, call.flag("keepdim"));
    return pair(call.with("dim", Datum.number(dim)), shape);
  }

  private static Datum pair(Invocation call, List<Dim> shape) {
    DType dtype = call.self().dtype();
    return Datum.TupleOf.of(
        List.copyOf(call.recordAll(List.of(dtype, DType.INT64), List.of(shape, shape))));
  }

  private static Datum position(Invocation call) {
    if (call.allKnown() && call.isNone("dim")) {
      Datum flat = call.call("reshape", call.self(), Datum.ints(-1));
      return call.call(call.name(), flat, Datum.number(0));
    }
    if (call.isNone("dim")) {
      throw Refusal.unsupported("%s over all dimensions, and so over the batch", call.operator());
    }
    int dim = dimension(call);
    if (call.allKnown()) {
      return KnownRanking.first(call, dim, call.name().equals("argmax")).toList().get(1);
    }
    return call.with("dim", Datum.number(dim))
        .record(
            DType.INT64,
            Shapes.reduced(call.self().shape(), new int[] {dim}, call.flag("keepdim")));
  }

  private static Datum topk(Invocation call) {
    int dim = dimension(call);
    long k = call.integer("k");
    long size = call.self().shape().get(dim).factor();
    if (k < 0 || k > size) {
      throw Refusal.wrong("topk of %d of a dimension of size %d", k, size);
    }
    if (call.allKnown()) {
      return KnownRanking.of(call, dim, k, call.flag("largest"));
    }
    List<Dim> shape = new ArrayList<>(call.self().shape());
    shape.set(dim, Dim.of(k));
    return pair(call.with("dim", Datum.number(dim)), shape);
  }

  private static Datum sort(Invocation call) {
    Dim size = call.self().shape().get(dimension(call));
    Datum yes = Datum.bool(true);
    return call.call(
        "topk", call.self(), new Datum.Int(size), call.get("dim"), call.get("descending"), yes);
  }

  /** The lower one of two, as PyTorch. */
  private static Datum median(Invocation call) {
    long size = call.self().shape().get(dimension(call)).factor();
    return kth(call, (size + 1) / 2);
  }

  /** The last of the k least. */
  private static Datum kth(Invocation call, long k) {
    int dim = dimension(call);
    if (k < 1) {
      throw Refusal.wrong("%s of the %d-th value", call.operator(), k);
    }
    Datum along = Datum.number(dim);
    Datum least = Datum.bool(false);
    Datum sorted = Datum.bool(true);
    Datum both = call.call("topk", call.self(), Datum.number(k), along, least, sorted);
    List<Datum> last = new ArrayList<>();
    for (Datum ofLeast : both.toList()) {
      Datum one = call.call("narrow", ofLeast, along, Datum.number(k - 1), Datum.number(1));
      last.add(call.flag("keepdim") ? one : call.call("squeeze", one, along));
    }
    return Datum.TupleOf.of(last);
  }

  private static Datum extremes(Invocation call) {
    if (call.isNone("dim")) {
      throw Refusal.unsupported("%s over all dimensions, and so over the batch", call.operator());
    }
    Datum dim = Datum.ints(dimension(call));
    return Datum.TupleOf.of(
        List.of(
            call.call("amin", call.self(), dim, call.get("keepdim")),
            call.call("amax", call.self(), dim, call.get("keepdim"))));
  }

  private static int dimension(Invocation call) {
    TensorRef self = call.self();
    int dim = Shapes.dimension(call.integer("dim"), self.rank());
    if (self.rank() == 0 || self.shape().get(dim).perBatch()) {
      throw Refusal.unsupported(
          "%s along dimension %d of %s: it compares the samples of a batch",
          call.operator(), dim, self.shape());
    }
    return dim;
  }
}
