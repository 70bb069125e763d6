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
import java.util.function.DoubleBinaryOperator;
import java.util.function.IntUnaryOperator;
import java.util.stream.LongStream;

/** Indexing, Slicing, Joining, Mutating Ops: values written at indices. */
final class IndexingScatter {
  private static final IValue ZERO = IValue.number(0);

  private IndexingScatter() {}

  static void addTo(Map<String, Operator> table) {
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
    table.put("scatter_add", call -> written(call, Double::sum));
    table.put("scatter_reduce", IndexingScatter::reduced);
  }

  /** A copy of {@code self} with {@code y[index[i][j]][j] = src[i][j]} for dim 0. */
  private static IValue scatter(Invocation call) {
    return call.has("reduce") || call.has("value")
        ? call.decomposed()
        : written(call, (before, src) -> src);
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
    long[] mask = Elements.longs(call.budget(), size);
    for (long position : ScatterIndices.indices(call)) {
      mask[Math.toIntExact(position)] = 1;
    }
    List<SymInt> shape = new ArrayList<>(Collections.nCopies(call.self().rank(), SymInt.of(1)));
    shape.set(ScatterIndices.dim(call), SymInt.of(size));
    TensorRef known = Elements.ofLongs(call.budget(), DType.BOOL, Shapes.constants(shape), mask);
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
    Budget budget = call.budget();
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
              "add", sum, call.call("index_select", padded, along, Elements.vector(budget, from)));
    }
    return sum;
  }

  private static IValue selectScatter(Invocation call) {
    long[] position = {Shapes.index(call.integer("index"), ScatterIndices.size(call))};
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
    boolean mean = call.text("reduce").equals("mean");
    if (mean && !call.self().dtype().isFloating()) {
      throw ProgramRefusal.unsupported(
          "%s of the mean of %s", call.operator(), call.self().dtype());
    }
    return mean || !call.flag("include_self") ? call.decomposed() : written(call, reduction(call));
  }

  private static DoubleBinaryOperator reduction(Invocation call) {
    return switch (call.text("reduce")) {
      case "sum" -> Double::sum;
      case "prod" -> (before, src) -> before * src;
      case "amax" -> Math::max;
      case "amin" -> Math::min;
      default ->
          throw ProgramRefusal.wrong("%s with reduce=%s", call.operator(), call.text("reduce"));
    };
  }

  private static IValue written(Invocation call, DoubleBinaryOperator combine) {
    TensorRef self = call.self();
    int dim = ScatterIndices.requireIndex(call);
    TensorRef src = cut(call, call.tensor("index").shape());
    if (src.dtype() != self.dtype()) {
      throw ProgramRefusal.wrong("%s of %s into %s", call.operator(), src.dtype(), self.dtype());
    }
    if (!call.allKnown()) {
      return call.with("dim", IValue.number(dim))
          .with("src", src)
          .record(self.dtype(), self.shape());
    }
    Tensor into = call.known("self");
    IntUnaryOperator position = ScatterIndices.offsets(call, into.shape(), dim);
    double[] values = into.toDoubles();
    double[] more = src.tensor(call.operator()).toDoubles();
    for (int i = 0; i < more.length; i++) {
      int at = position.applyAsInt(i);
      values[at] = combine.applyAsDouble(values[at], more[i]);
    }
    return Elements.ofDoubles(call.budget(), self.dtype(), into.shape(), values);
  }
}
