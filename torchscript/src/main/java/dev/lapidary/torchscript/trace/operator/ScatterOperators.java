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

/** Copies of a tensor with others written, or added, at places along a dimension. */
public final class ScatterOperators {
  private static final Datum ZERO = Datum.number(0);

  private ScatterOperators() {}

  public static void addTo(Map<String, Operator> table) {
    table.put("index_copy", call -> written(call, places(call), call.tensor("source")));
    table.put("index_fill", ScatterOperators::filled);
    table.put("index_add", ScatterOperators::added);
    table.put("select_scatter", ScatterOperators::selected);
    table.put("slice_scatter", ScatterOperators::sliced);
    table.put("scatter_add", call -> reduced(call, "sum"));
    table.put("scatter_reduce", ScatterOperators::reduced);
  }

  private static int dim(Invocation call) {
    int dim = Shapes.dimension(call.integer("dim"), call.self().rank());
    if (call.self().rank() == 0 || call.self().shape().get(dim).perBatch()) {
      throw Refusal.unsupported(
          "%s along dimension %d of %s: it writes to samples of the batch",
          call.operator(), dim, call.self().shape());
    }
    return dim;
  }

  private static long size(Invocation call) {
    return call.self().shape().get(dim(call)).factor();
  }

  /** What an index along the dimension tells. */
  private static long[] places(Invocation call) {
    if (!call.tensor("index").isKnown()) {
      throw Refusal.unsupported("%s at places that depend on the image", call.operator());
    }
    long size = size(call);
    long[] places = call.known("index").toLongs();
    for (long place : places) {
      if (place < 0 || place >= size) {
        throw Refusal.wrong("index %d of a dimension of size %d", place, size);
      }
    }
    return places;
  }

  private static TensorRef vector(Invocation call, long[] values) {
    return Elements.ofLongs(
        call.dispatcher().budget(), DType.INT64, new long[] {values.length}, values);
  }

  /** The rows at the places are the source's, which lie behind those of the tensor. */
  private static Datum written(Invocation call, long[] places, Datum source) {
    return written(call, call.self(), dim(call), places, source);
  }

  /** The same of another tensor: at places that are named twice the last one stays. */
  static Datum written(Invocation call, TensorRef self, int dim, long[] places, Datum source) {
    Datum along = Datum.number(dim);
    TensorRef rows = call.callTensor("type_as", source, self);
    List<Dim> expected = new ArrayList<>(self.shape());
    expected.set(dim, Dim.of(places.length));
    if (!rows.shape().equals(expected)) {
      throw Refusal.wrong("%s of %s where %s goes", call.operator(), rows.shape(), expected);
    }
    long size = self.shape().get(dim).factor();
    call.dispatcher().budget().allocate(8 * size);
    long[] from = new long[Math.toIntExact(size)];
    Arrays.setAll(from, i -> i);
    for (int i = 0; i < places.length; i++) {
      from[Math.toIntExact(places[i])] = size + i;
    }
    Datum both = call.call("cat", new Datum.ListOf(List.of(self, rows)), along);
    return call.call("index_select", both, along, vector(call, from));
  }

  private static Datum filled(Invocation call) {
    long size = size(call);
    call.dispatcher().budget().allocate(8 * size);
    double[] mask = new double[Math.toIntExact(size)];
    for (long place : places(call)) {
      mask[Math.toIntExact(place)] = 1;
    }
    List<Dim> shape = new ArrayList<>(Collections.nCopies(call.self().rank(), Dim.of(1)));
    shape.set(dim(call), Dim.of(size));
    TensorRef known =
        Elements.ofDoubles(call.dispatcher().budget(), DType.BOOL, Shapes.constants(shape), mask);
    return call.call("masked_fill", call.self(), known, call.get("value"));
  }

  /** One after the other where several rows go to one place, as PyTorch. */
  private static Datum added(Invocation call) {
    int dim = dim(call);
    Datum along = Datum.number(dim);
    long[] places = places(call);
    int size = Math.toIntExact(size(call));
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
      call.dispatcher().budget().allocate(8L * size);
      long[] from = new long[size];
      Arrays.fill(from, places.length);
      for (int i = 0; i < places.length; i++) {
        int place = Math.toIntExact(places[i]);
        if (!used[i] && from[place] == places.length) {
          from[place] = i;
          used[i] = true;
          left--;
        }
      }
      sum = call.call("add", sum, call.call("index_select", padded, along, vector(call, from)));
    }
    return sum;
  }

  private static Datum selected(Invocation call) {
    long index = call.integer("index");
    long[] place = {index < 0 ? index + size(call) : index};
    requireInside(call, place[0]);
    return written(call, place, call.call("unsqueeze", call.get("src"), Datum.number(dim(call))));
  }

  private static void requireInside(Invocation call, long place) {
    if (place < 0 || place >= size(call)) {
      throw Refusal.wrong("index %d of a dimension of size %d", place, size(call));
    }
  }

  private static Datum sliced(Invocation call) {
    Datum all = call.call("arange", Datum.number(size(call)));
    TensorRef part =
        call.callTensor("slice", all, ZERO, call.get("start"), call.get("end"), call.get("step"));
    return written(call, part.tensor(call.operator()).toLongs(), call.get("src"));
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
    Datum dim = Datum.number(PlaceOperators.requireIndex(call));
    TensorRef src = PlaceOperators.cut(call, call.tensor("index").shape());
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
    var place = PlaceOperators.places(call, into.shape(), PlaceOperators.requireIndex(call));
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
