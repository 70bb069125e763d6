package dev.lapidary.torchscript.trace.operator;

import dev.lapidary.core.tensor.DType;
import dev.lapidary.core.tensor.Tensor;
import dev.lapidary.torchscript.graph.SymInt;
import dev.lapidary.torchscript.trace.call.Invocation;
import dev.lapidary.torchscript.trace.call.Operator;
import dev.lapidary.torchscript.trace.limit.Budget;
import dev.lapidary.torchscript.trace.limit.ProgramRefusal;
import dev.lapidary.torchscript.trace.value.Elements;
import dev.lapidary.torchscript.trace.value.IValue;
import dev.lapidary.torchscript.trace.value.Shapes;
import dev.lapidary.torchscript.trace.value.TensorRef;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collections;
import java.util.List;
import java.util.Map;
import java.util.function.IntUnaryOperator;
import java.util.stream.LongStream;

/** Indexing, Slicing, Joining, Mutating Ops: values written at indices. */
public final class IndexingScatter {
  private static final IValue ZERO = IValue.number(0);

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
  private static IValue scatter(Invocation call) {
    TensorRef self = call.self();
    if (call.has("reduce")) {
      return combined(call);
    }
    List<SymInt> indices = call.tensor("index").shape();
    int dim = ScatterIndices.requireIndex(call);
    IValue src =
        call.has("value")
            ? Creations.filled(call, indices, call.get("value"), self.dtype())
            : cut(call, indices);
    if (call.has("value") || src != call.get("src")) {
      return call.call("scatter", self, IValue.number(dim), call.get("index"), src);
    }
    if (call.tensor("src").dtype() != self.dtype()) {
      throw ProgramRefusal.wrong(
          "%s of %s into %s", call.operator(), call.tensor("src").dtype(), self.dtype());
    }
    if (!call.allKnown()) {
      return call.with("dim", IValue.number(dim)).record(self.dtype(), self.shape());
    }
    Tensor into = call.known("self");
    IntUnaryOperator position = ScatterIndices.offsets(call, into.shape(), dim);
    double[] values = into.toDoubles();
    double[] written = call.known("src").toDoubles();
    for (int i = 0; i < written.length; i++) {
      values[position.applyAsInt(i)] = written[i];
    }
    return Elements.ofDoubles(call.dispatcher().budget(), self.dtype(), into.shape(), values);
  }

  /** The older way to write {@code scatter_reduce}. */
  private static IValue combined(Invocation call) {
    String reduce = call.text("reduce").equals("multiply") ? "prod" : "sum";
    TensorRef index = call.tensor("index");
    IValue src =
        call.has("value")
            ? Creations.filled(call, index.shape(), call.get("value"), call.self().dtype())
            : call.get("src");
    return call.call(
        "scatter_reduce", call.self(), call.get("dim"), index, src, new IValue.Str(reduce));
  }

  /** {@code src}, or where it is larger than the index its first elements. */
  static TensorRef cut(Invocation call, List<SymInt> indices) {
    TensorRef src = call.tensor("src");
    if (src.rank() != indices.size()) {
      throw ProgramRefusal.wrong("%s of %s at %s", call.operator(), src.shape(), indices);
    }
    for (int d = 0; d < indices.size(); d++) {
      if (!src.shape().get(d).equals(indices.get(d))) {
        ScatterIndices.requireRoom(call, src, indices, d);
        src =
            call.callTensor(
                "slice",
                src,
                IValue.number(d),
                IValue.number(0),
                new IValue.Int(indices.get(d)),
                IValue.number(1));
      }
    }
    return src;
  }

  private static IValue indexFill(Invocation call) {
    long size = ScatterIndices.size(call);
    double[] mask = Elements.doubles(call.dispatcher().budget(), size);
    for (long position : ScatterIndices.indices(call)) {
      mask[Math.toIntExact(position)] = 1;
    }
    List<SymInt> shape = new ArrayList<>(Collections.nCopies(call.self().rank(), SymInt.of(1)));
    shape.set(ScatterIndices.dim(call), SymInt.of(size));
    TensorRef known =
        Elements.ofDoubles(call.dispatcher().budget(), DType.BOOL, Shapes.constants(shape), mask);
    return call.call("masked_fill", call.self(), known, call.get("value"));
  }

  /** One after the other where several rows go to one place, as PyTorch. */
  private static IValue indexAdd(Invocation call) {
    int dim = ScatterIndices.dim(call);
    IValue along = IValue.number(dim);
    long[] indices = ScatterIndices.indices(call);
    int size = Math.toIntExact(ScatterIndices.size(call));
    IValue rows = call.get("source");
    if (call.get("alpha").toDouble() != 1) {
      rows = call.call("mul", rows, call.get("alpha"));
    }
    int[] pad = new int[2 * (call.self().rank() - dim)];
    pad[pad.length - 1] = 1;
    IValue padded = call.call("constant_pad_nd", rows, IValue.ints(pad), ZERO);
    IValue sum = call.self();
    Budget budget = call.dispatcher().budget();
    long[] waiting = Elements.longs(budget, indices.length, LongStream.range(0, indices.length));
    while (waiting.length > 0) {
      long[] from = Elements.longs(budget, size);
      Arrays.fill(from, indices.length);
      for (long row : waiting) {
        int index = Math.toIntExact(indices[(int) row]);
        from[index] = Math.min(from[index], row);
      }
      waiting =
          Elements.longs(
              budget,
              waiting.length,
              LongStream.of(waiting).filter(row -> from[(int) indices[(int) row]] != row));
      sum =
          call.call(
              "add",
              sum,
              call.call("index_select", padded, along, ScatterIndices.vector(call, from)));
    }
    return sum;
  }

  private static IValue selectScatter(Invocation call) {
    long index = call.integer("index");
    long[] position = {index < 0 ? index + ScatterIndices.size(call) : index};
    ScatterIndices.requireInside(call, position[0]);
    return ScatterIndices.written(
        call,
        position,
        call.call("unsqueeze", call.get("src"), IValue.number(ScatterIndices.dim(call))));
  }

  private static IValue sliceScatter(Invocation call) {
    IValue all = call.call("arange", IValue.number(ScatterIndices.size(call)));
    TensorRef part =
        call.callTensor("slice", all, ZERO, call.get("start"), call.get("end"), call.get("step"));
    return ScatterIndices.written(call, part.tensor(call.operator()).toLongs(), call.get("src"));
  }

  private static IValue reduced(Invocation call) {
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
    IValue index = call.get("index");
    IValue cleared =
        call.call("scatter", call.self(), call.get("dim"), index, new IValue.Real(neutral));
    Invocation including = call.with("self", cleared).with("include_self", IValue.bool(true));
    return reduce.equals("mean") ? mean(including, 0) : reduced(including, reduce);
  }

  private static IValue reduced(Invocation call, String reduce) {
    if (reduce.equals("mean")) {
      return mean(call, 1);
    }
    TensorRef self = call.self();
    IValue dim = IValue.number(ScatterIndices.requireIndex(call));
    TensorRef src = cut(call, call.tensor("index").shape());
    if (src.dtype() != self.dtype()) {
      throw ProgramRefusal.wrong("%s of %s into %s", call.operator(), src.dtype(), self.dtype());
    }
    return call.allKnown()
        ? evaluated(call, src, reduce)
        : call.with("dim", dim).with("src", src).record(self.dtype(), self.shape());
  }

  /**
   * @param counted whether the tensor's own elements count: 1 or 0
   */
  private static IValue mean(Invocation call, long counted) {
    if (!call.self().dtype().isFloating()) {
      throw ProgramRefusal.unsupported(
          "%s of the mean of %s", call.operator(), call.self().dtype());
    }
    IValue dim = call.get("dim");
    IValue index = call.get("index");
    IValue sum = call.call("scatter_add", call.self(), dim, index, call.get("src"));
    IValue start = call.call("full_like", call.self(), IValue.number(counted));
    IValue ones = call.call("ones_like", call.get("src"));
    IValue count = call.call("scatter_add", start, dim, index, ones);
    return call.call("div", sum, call.call("clamp_min", count, IValue.number(1)));
  }

  private static IValue evaluated(Invocation call, TensorRef src, String reduce) {
    Tensor into = call.known("self");
    double[] values = into.toDoubles();
    double[] more = src.tensor(call.operator()).toDoubles();
    var position = ScatterIndices.offsets(call, into.shape(), ScatterIndices.requireIndex(call));
    for (int i = 0; i < more.length; i++) {
      int at = position.applyAsInt(i);
      values[at] =
          switch (reduce) {
            case "sum" -> values[at] + more[i];
            case "prod" -> values[at] * more[i];
            case "amax" -> Math.max(values[at], more[i]);
            case "amin" -> Math.min(values[at], more[i]);
            default -> throw ProgramRefusal.wrong("%s with reduce=%s", call.operator(), reduce);
          };
    }
    return Elements.ofDoubles(call.dispatcher().budget(), into.dtype(), into.shape(), values);
  }
}
