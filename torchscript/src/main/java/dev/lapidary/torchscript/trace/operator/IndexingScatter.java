package dev.lapidary.torchscript.trace.operator;

import dev.lapidary.core.tensor.DType;
import dev.lapidary.core.tensor.Tensor;
import dev.lapidary.torchscript.graph.Dim;
import dev.lapidary.torchscript.trace.call.Invocation;
import dev.lapidary.torchscript.trace.call.Operator;
import dev.lapidary.torchscript.trace.limit.Refusal;
import dev.lapidary.torchscript.trace.value.Datum;
import dev.lapidary.torchscript.trace.value.Elements;
import dev.lapidary.torchscript.trace.value.Shapes;
import dev.lapidary.torchscript.trace.value.TensorRef;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collections;
import java.util.List;
import java.util.Map;
import java.util.function.IntUnaryOperator;

/** Indexing, Slicing, Joining, Mutating Ops: values written at indices. */
public final class IndexingScatter {
  private static final Datum ZERO = Datum.number(0);

  private IndexingScatter() {}

  public static void addTo(Map<String, Operator> table) {
    table.put(
        "diagonal_scatter",
        call -> OtherDiagonals.written(call, OtherDiagonals.Matrices.of(call), call.get("src")));
    table.put("scatter", IndexingScatter::scatter);
    table.put(
        "index_copy",
        call -> ScatterIndices.written(call, ScatterIndices.indices(call), call.tensor("source")));
    table.put("index_fill", IndexingScatter::indexFill);
    table.put("index_add", IndexingScatter::indexAdd);
    table.put("select_scatter", IndexingScatter::selectScatter);
    table.put("slice_scatter", IndexingScatter::sliceScatter);
    table.put("scatter_add", call -> reduced(call, "sum"));
    table.put("scatter_reduce", IndexingScatter::reduced);
  }

  /** A copy of {@code self} with {@code y[index[i][j]][j] = src[i][j]} for dim 0. */
  private static Datum scatter(Invocation call) {
    TensorRef self = call.self();
    if (call.has("reduce")) {
      return combined(call);
    }
    List<Dim> places = call.tensor("index").shape();
    int dim = ScatterIndices.requireIndex(call);
    Datum src =
        call.has("value")
            ? Creations.filled(call, places, call.get("value"), self.dtype())
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
    IntUnaryOperator place = ScatterIndices.offsets(call, into.shape(), dim);
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
            ? Creations.filled(call, index.shape(), call.get("value"), call.self().dtype())
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
        ScatterIndices.requireRoom(call, src, places, d);
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

  private static Datum indexFill(Invocation call) {
    long size = ScatterIndices.size(call);
    double[] mask = Elements.doubles(call.dispatcher().budget(), size);
    for (long place : ScatterIndices.indices(call)) {
      mask[Math.toIntExact(place)] = 1;
    }
    List<Dim> shape = new ArrayList<>(Collections.nCopies(call.self().rank(), Dim.of(1)));
    shape.set(ScatterIndices.dim(call), Dim.of(size));
    TensorRef known =
        Elements.ofDoubles(call.dispatcher().budget(), DType.BOOL, Shapes.constants(shape), mask);
    return call.call("masked_fill", call.self(), known, call.get("value"));
  }

  /** One after the other where several rows go to one place, as PyTorch. */
  private static Datum indexAdd(Invocation call) {
    int dim = ScatterIndices.dim(call);
    Datum along = Datum.number(dim);
    long[] places = ScatterIndices.indices(call);
    int size = Math.toIntExact(ScatterIndices.size(call));
    Datum rows = call.get("source");
    if (call.get("alpha").toDouble() != 1) {
      rows = call.call("mul", rows, call.get("alpha"));
    }
    int[] pad = new int[2 * (call.self().rank() - dim)];
    pad[pad.length - 1] = 1;
    Datum padded = call.call("constant_pad_nd", rows, Datum.ints(pad), ZERO);
    Datum sum = call.self();
    boolean[] used = new boolean[places.length];
    for (int left = places.length; left > 0; ) {
      call.dispatcher().budget().work(places.length); // a turn for each row that goes to one place
      long[] from = Elements.longs(call.dispatcher().budget(), size);
      Arrays.fill(from, places.length);
      for (int i = 0; i < places.length; i++) {
        int place = Math.toIntExact(places[i]);
        if (!used[i] && from[place] == places.length) {
          from[place] = i;
          used[i] = true;
          left--;
        }
      }
      sum =
          call.call(
              "add",
              sum,
              call.call("index_select", padded, along, ScatterIndices.vector(call, from)));
    }
    return sum;
  }

  private static Datum selectScatter(Invocation call) {
    long index = call.integer("index");
    long[] place = {index < 0 ? index + ScatterIndices.size(call) : index};
    ScatterIndices.requireInside(call, place[0]);
    return ScatterIndices.written(
        call,
        place,
        call.call("unsqueeze", call.get("src"), Datum.number(ScatterIndices.dim(call))));
  }

  private static Datum sliceScatter(Invocation call) {
    Datum all = call.call("arange", Datum.number(ScatterIndices.size(call)));
    TensorRef part =
        call.callTensor("slice", all, ZERO, call.get("start"), call.get("end"), call.get("step"));
    return ScatterIndices.written(call, part.tensor(call.operator()).toLongs(), call.get("src"));
  }

  private static Datum reduced(Invocation call) {
    String reduce = call.text("reduce");
    if (call.flag("include_self")) {
      return reduced(call, reduce);
    }
    double neutral =
        switch (reduce) {
          case "prod" -> 1;
          case "amax" -> Double.NEGATIVE_INFINITY;
          case "amin" -> Double.POSITIVE_INFINITY;
          default -> 0;
        };
    Datum index = call.get("index");
    Datum cleared =
        call.call("scatter", call.self(), call.get("dim"), index, new Datum.Real(neutral));
    Invocation including = call.with("self", cleared).with("include_self", Datum.bool(true));
    return reduce.equals("mean") ? mean(including, 0) : reduced(including, reduce);
  }

  private static Datum reduced(Invocation call, String reduce) {
    if (reduce.equals("mean")) {
      return mean(call, 1);
    }
    TensorRef self = call.self();
    Datum dim = Datum.number(ScatterIndices.requireIndex(call));
    TensorRef src = cut(call, call.tensor("index").shape());
    if (src.dtype() != self.dtype()) {
      throw Refusal.wrong("%s of %s into %s", call.operator(), src.dtype(), self.dtype());
    }
    return call.allKnown()
        ? evaluated(call, src, reduce)
        : call.with("dim", dim).with("src", src).record(self.dtype(), self.shape());
  }

  /**
   * @param counted whether the tensor's own elements count: 1 or 0
   */
  private static Datum mean(Invocation call, long counted) {
    if (!call.self().dtype().isFloating()) {
      throw Refusal.unsupported("%s of the mean of %s", call.operator(), call.self().dtype());
    }
    Datum dim = call.get("dim");
    Datum index = call.get("index");
    Datum sum = call.call("scatter_add", call.self(), dim, index, call.get("src"));
    Datum start = call.call("full_like", call.self(), Datum.number(counted));
    Datum ones = call.call("ones_like", call.get("src"));
    Datum count = call.call("scatter_add", start, dim, index, ones);
    return call.call("div", sum, call.call("clamp_min", count, Datum.number(1)));
  }

  private static Datum evaluated(Invocation call, TensorRef src, String reduce) {
    Tensor into = call.known("self");
    double[] values = into.toDoubles();
    double[] more = src.tensor(call.operator()).toDoubles();
    var place = ScatterIndices.offsets(call, into.shape(), ScatterIndices.requireIndex(call));
    for (int i = 0; i < more.length; i++) {
      int at = place.applyAsInt(i);
      values[at] =
          switch (reduce) {
            case "sum" -> values[at] + more[i];
            case "prod" -> values[at] * more[i];
            case "amax" -> Math.max(values[at], more[i]);
            case "amin" -> Math.min(values[at], more[i]);
            default -> throw Refusal.wrong("%s with reduce=%s", call.operator(), reduce);
          };
    }
    return Elements.ofDoubles(call.dispatcher().budget(), into.dtype(), into.shape(), values);
  }
}
