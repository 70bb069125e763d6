package dev.lapidary.torchscript.trace.operator;

import dev.lapidary.core.tensor.DType;
import dev.lapidary.torchscript.graph.Dim;
import dev.lapidary.torchscript.trace.call.Invocation;
import dev.lapidary.torchscript.trace.limit.Refusal;
import dev.lapidary.torchscript.trace.value.Datum;
import dev.lapidary.torchscript.trace.value.Shapes;
import dev.lapidary.torchscript.trace.value.TensorRef;
import java.util.ArrayList;
import java.util.List;

/** The first of the sorted elements along a dimension. */
final class Ranking {

  private Ranking() {}

  static Datum pair(Invocation call, List<Dim> shape) {
    DType dtype = call.self().dtype();
    return Datum.TupleOf.of(
        List.copyOf(call.recordAll(List.of(dtype, DType.INT64), List.of(shape, shape))));
  }

  /** The last of the k least. */
  static Datum kth(Invocation call, long k) {
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

  static int dimension(Invocation call) {
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
