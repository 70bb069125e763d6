package dev.lapidary.torchscript.trace.operator;

import dev.lapidary.core.tensor.DType;
import dev.lapidary.core.tensor.Tensor;
import dev.lapidary.torchscript.graph.Dim;
import dev.lapidary.torchscript.trace.call.Invocation;
import dev.lapidary.torchscript.trace.call.Operator;
import dev.lapidary.torchscript.trace.limit.Budget;
import dev.lapidary.torchscript.trace.limit.Refusal;
import dev.lapidary.torchscript.trace.value.Datum;
import dev.lapidary.torchscript.trace.value.Elements;
import dev.lapidary.torchscript.trace.value.Shapes;
import dev.lapidary.torchscript.trace.value.TensorRef;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.function.IntUnaryOperator;

/** Elements taken from, or put at, places along a dimension that an index tells one by one. */
public final class PlaceOperators {
  private PlaceOperators() {}

  public static void addTo(Map<String, Operator> table) {
    table.put("gather", PlaceOperators::gather);
    table.put("take_along_dim", PlaceOperators::takeAlong);
    table.put("scatter", PlaceOperators::scatter);
    table.put("one_hot", PlaceOperators::oneHot);
  }

  /** {@code y[i][j] = self[index[i][j]][j]} for dim 0, of the index's shape. */
  private static Datum gather(Invocation call) {
    TensorRef self = call.self();
    TensorRef index = call.tensor("index");
    int dim = requireIndex(call);
    if (!call.allKnown()) {
      return call.with("dim", Datum.number(dim))
          .with("sparse_grad", Datum.bool(false))
          .record(self.dtype(), index.shape());
    }
    Tensor from = call.known("self");
    IntUnaryOperator place = places(call, from.shape(), dim);
    long[] shape = Shapes.constants(index.shape());
    Budget budget = call.dispatcher().budget();
    if (self.dtype().isFloating()) {
      double[] values = from.toDoubles();
      return Elements.reals(budget, self.dtype(), shape, i -> values[place.applyAsInt(i)]);
    }
    long[] values = from.toLongs();
    return Elements.integers(budget, self.dtype(), shape, i -> values[place.applyAsInt(i)]);
  }

  /** {@code gather}, but for the dimensions beside {@code dim}, which broadcast. */
  private static Datum takeAlong(Invocation call) {
    TensorRef self = call.self();
    TensorRef index = call.tensor("indices");
    if (call.isNone("dim") || index.rank() != self.rank()) {
      throw Refusal.unsupported(
          "%s of a tensor of shape %s by %s%s",
          call.operator(),
          self.shape(),
          index.shape(),
          call.isNone("dim") ? " over all dimensions, and so over the batch" : "");
    }
    int dim = Shapes.dimension(call.integer("dim"), self.rank());
    List<Dim> values = new ArrayList<>(self.shape());
    List<Dim> places = new ArrayList<>(index.shape());
    values.set(dim, Dim.of(1));
    places.set(dim, Dim.of(1));
    List<Dim> common = Shapes.broadcast(values, places);
    values = new ArrayList<>(common);
    places = new ArrayList<>(common);
    values.set(dim, self.shape().get(dim));
    places.set(dim, index.shape().get(dim));
    return call.call(
        "gather",
        call.call("expand", self, Datum.ints(values)),
        Datum.number(dim),
        call.call("expand", index, Datum.ints(places)));
  }

  /** A copy of {@code self} with {@code y[index[i][j]][j] = src[i][j]} for dim 0. */
  private static Datum scatter(Invocation call) {
    TensorRef self = call.self();
    if (call.has("reduce")) {
      return combined(call);
    }
    List<Dim> places = call.tensor("index").shape();
    int dim = requireIndex(call);
    Datum src =
        call.has("value")
            ? FactoryOperators.filled(call, places, call.get("value"), self.dtype())
            : cut(call, places);
    if (call.has("value") || src != call.get("src")) {
      return call.call("scatter", self, Datum.number(dim), call.get("index"), src);
    }
    if (call.tensor("src").dtype() != self.dtype()) {
      throw Refusal.wrong(
          "%s of %s into %s", call.operator(), call.tensor("src").dtype(), self.dtype());
    }
    if (!call.allKnown()) {
      return call.with("dim", Datum.number(dim)).record(self.dtype(), self.shape());
    }
    Tensor into = call.known("self");
    IntUnaryOperator place = places(call, into.shape(), dim);
    double[] values = into.toDoubles();
    double[] written = call.known("src").toDoubles();
    for (int i = 0; i < written.length; i++) {
      values[place.applyAsInt(i)] = written[i];
    }
    return Elements.ofDoubles(call.dispatcher().budget(), self.dtype(), into.shape(), values);
  }

  /** The older way to write {@code scatter_reduce}. */
  private static Datum combined(Invocation call) {
    String reduce = call.text("reduce").equals("multiply") ? "prod" : "sum";
    TensorRef index = call.tensor("index");
    Datum src =
        call.has("value")
            ? FactoryOperators.filled(call, index.shape(), call.get("value"), call.self().dtype())
            : call.get("src");
    return call.call(
        "scatter_reduce", call.self(), call.get("dim"), index, src, new Datum.Str(reduce));
  }

  /** {@code src}, or where it is larger than the index its first elements. */
  static TensorRef cut(Invocation call, List<Dim> places) {
    TensorRef src = call.tensor("src");
    if (src.rank() != places.size()) {
      throw Refusal.wrong("%s of %s at %s", call.operator(), src.shape(), places);
    }
    for (int d = 0; d < places.size(); d++) {
      if (!src.shape().get(d).equals(places.get(d))) {
        requireRoom(call, src, places, d);
        src =
            call.callTensor(
                "slice",
                src,
                Datum.number(d),
                Datum.number(0),
                new Datum.Int(places.get(d)),
                Datum.number(1));
      }
    }
    return src;
  }

  static int requireIndex(Invocation call) {
    TensorRef self = call.self();
    TensorRef index = call.tensor("index");
    if (index.dtype() != DType.INT64 || self.rank() == 0 || index.rank() != self.rank()) {
      throw Refusal.wrong(
          "%s of a tensor of shape %s by %s of shape %s",
          call.operator(), self.shape(), index.dtype(), index.shape());
    }
    int dim = Shapes.dimension(call.integer("dim"), self.rank());
    for (int d = 0; d < self.rank(); d++) {
      if (d != dim) {
        requireRoom(call, self, index.shape(), d);
      }
    }
    Dim size = self.shape().get(dim);
    if (size.perBatch()) {
      throw Refusal.unsupported(
          "%s along dimension %d of %s: it takes from other samples of the batch",
          call.operator(), dim, self.shape());
    }
    if (index.isKnown()) {
      requireInside(index.tensor(call.operator()), size.factor());
    }
    return dim;
  }

  private static void requireRoom(Invocation call, TensorRef tensor, List<Dim> places, int d) {
    Dim size = tensor.shape().get(d);
    Dim count = places.get(d);
    boolean fits = !size.perBatch() && !count.perBatch() && count.factor() <= size.factor();
    if (!fits && !count.equals(size)) {
      throw Refusal.wrong(
          "%s of a tensor of shape %s by an index of shape %s",
          call.operator(), tensor.shape(), places);
    }
  }

  private static void requireInside(Tensor index, long size) {
    for (Tensor.Walk walk = index.walk(); walk.hasNext(); ) {
      long place = index.longAt(walk.next());
      if (place < 0 || place >= size) {
        throw Refusal.wrong("index %d of a dimension of size %d", place, size);
      }
    }
  }

  /** Where in a row-major tensor of a shape the index's i-th element points to. */
  static IntUnaryOperator places(Invocation call, long[] sizes, int dim) {
    long[] index = call.known("index").toLongs();
    long[] shape = call.known("index").shape();
    long[] strides = Tensor.contiguousStrides(sizes);
    return i -> {
      long rest = i;
      long at = 0;
      for (int d = shape.length - 1; d >= 0; d--) {
        at += (d == dim ? index[i] : rest % shape[d]) * strides[d];
        rest /= shape[d];
      }
      return Math.toIntExact(at);
    };
  }

  /** {@code [..]} to {@code [.., classes]}. */
  private static Datum oneHot(Invocation call) {
    long classes = call.integer("num_classes");
    if (classes < 1) {
      throw Refusal.unsupported(
          "%s of %d classes: their number would depend on the data", call.operator(), classes);
    }
    Datum last = call.call("unsqueeze", call.self(), Datum.number(-1));
    Datum all = call.call("arange", Datum.number(classes));
    Datum int64 = Datum.number(DType.INT64.scalarType());
    return call.call("to", call.call("eq", last, all), int64);
  }
}
