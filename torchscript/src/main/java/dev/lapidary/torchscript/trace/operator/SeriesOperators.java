package dev.lapidary.torchscript.trace.operator;

import dev.lapidary.core.tensor.DType;
import dev.lapidary.core.tensor.Tensor;
import dev.lapidary.torchscript.graph.Dim;
import dev.lapidary.torchscript.trace.call.Invocation;
import dev.lapidary.torchscript.trace.call.Operator;
import dev.lapidary.torchscript.trace.limit.Refusal;
import dev.lapidary.torchscript.trace.value.Datum;
import dev.lapidary.torchscript.trace.value.Dims;
import dev.lapidary.torchscript.trace.value.Elements;
import dev.lapidary.torchscript.trace.value.Shapes;
import dev.lapidary.torchscript.trace.value.TensorRef;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.function.DoubleBinaryOperator;

/** Operators that positions are computed with. */
public final class SeriesOperators {
  private SeriesOperators() {}

  public static void addTo(Map<String, Operator> table) {
    table.put("linspace", SeriesOperators::linspace);
    table.put("eye", SeriesOperators::identityMatrix);
    table.put("meshgrid", SeriesOperators::meshgrid);
    table.put("outer", SeriesOperators::outer);
    table.put("cumsum", call -> cumulated(call, Double::sum));
    table.put("cumprod", call -> cumulated(call, (a, b) -> a * b));
    table.put("triu", call -> triangle(call, true));
    table.put("tril", call -> triangle(call, false));
  }

  /** From both ends, as PyTorch: both are met exactly. */
  private static Datum linspace(Invocation call) {
    double start = call.real("start");
    double end = call.real("end");
    int steps = Math.toIntExact(call.integer("steps"));
    if (steps < 0) {
      throw Refusal.wrong("linspace of %d steps", steps);
    }
    double step = steps < 2 ? 0 : (end - start) / (steps - 1);
    return Elements.reals(
        call.dispatcher().budget(),
        call.dtype("dtype").orElse(DType.FLOAT32),
        new long[] {steps},
        i -> i < (steps + 1) / 2 ? start + i * step : end - (steps - 1 - i) * step);
  }

  private static Datum identityMatrix(Invocation call) {
    long rows = call.integer("n");
    long columns = call.has("m") ? call.integer("m") : rows;
    if (rows < 0 || columns < 0) {
      throw Refusal.wrong("eye of %d rows and %d columns", rows, columns);
    }
    return Elements.reals(
        call.dispatcher().budget(),
        call.dtype("dtype").orElse(DType.FLOAT32),
        new long[] {rows, columns},
        i -> i / columns == i % columns ? 1 : 0);
  }

  /** A grid's coordinates; {@code indexing="xy"} exchanges the first two. */
  private static Datum meshgrid(Invocation call) {
    List<TensorRef> tensors = call.tensors("tensors");
    boolean exchanged =
        call.has("indexing") && call.text("indexing").equals("xy") && tensors.size() > 1;
    List<Dim> grid = new ArrayList<>();
    for (TensorRef tensor : tensors) {
      grid.add(Dims.product(tensor.shape()));
    }
    if (exchanged) {
      java.util.Collections.swap(grid, 0, 1);
    }
    List<Datum> grids = new ArrayList<>();
    for (int i = 0; i < tensors.size(); i++) {
      int axis = exchanged && i < 2 ? 1 - i : i;
      List<Dim> line = new ArrayList<>(java.util.Collections.nCopies(grid.size(), Dim.of(1)));
      line.set(axis, grid.get(axis));
      Datum along = call.call("reshape", tensors.get(i), Datum.ints(line));
      grids.add(call.call("expand", along, Datum.ints(grid)));
    }
    return new Datum.ListOf(grids);
  }

  private static Datum outer(Invocation call) {
    Datum column = call.call("unsqueeze", call.self(), Datum.number(-1));
    return call.call("mul", column, call.get("vec2"));
  }

  private static Datum cumulated(Invocation call, DoubleBinaryOperator step) {
    DType natural = call.self().dtype().isFloating() ? call.self().dtype() : DType.INT64;
    DType dtype = call.dtype("dtype").orElse(natural);
    int dim = Shapes.dimension(call.integer("dim"), call.self().rank());
    if (!call.allKnown()) {
      return cumulatedLater(call, dim, dtype);
    }
    Tensor self = call.known("self");
    long[] shape = self.shape();
    double[] sums = self.toDoubles();
    long size = self.rank() == 0 ? 1 : shape[dim];
    long inner = 1;
    for (int d = dim + 1; d < shape.length; d++) {
      inner *= shape[d];
    }
    for (int i = 0; i < sums.length; i++) {
      if (i / inner % size != 0) {
        sums[i] = step.applyAsDouble(sums[i - (int) inner], sums[i]);
      }
    }
    return Elements.ofDoubles(call.dispatcher().budget(), dtype, shape, sums);
  }

  private static Datum cumulatedLater(Invocation call, int dim, DType dtype) {
    List<Dim> shape = call.self().shape();
    if (shape.isEmpty() || shape.get(dim).perBatch()) {
      throw Refusal.unsupported(
          "%s along dimension %d of %s: it adds up the samples of a batch",
          call.operator(), dim, shape);
    }
    if (call.name().equals("cumprod")) {
      return multipliedUp(call, dim, dtype);
    }
    return call.with("dim", Datum.number(dim)).record(dtype, shape);
  }

  /** ONNX has no running product: each step takes in what lies twice as far before. */
  private static Datum multipliedUp(Invocation call, int dim, DType dtype) {
    Datum products = call.call("to", call.self(), Datum.number(dtype.scalarType()));
    int rank = call.self().rank();
    long size = Dims.constant(call.self().shape().get(dim));
    Datum along = Datum.number(dim);
    Datum zero = Datum.number(0);
    Datum one = Datum.number(1);
    for (int step = 1; step < size; step *= 2) {
      Datum before = call.call("slice", products, along, zero, Datum.number(size - step), one);
      int[] pad = new int[2 * (rank - dim)];
      pad[pad.length - 2] = step;
      Datum earlier = call.call("constant_pad_nd", before, Datum.ints(pad), one);
      products = call.call("mul", products, earlier);
    }
    return products;
  }

  /** Of what depends on the input: zeros where the same of ones has them. */
  private static Datum masked(Invocation call) {
    List<Dim> shape = call.self().shape();
    if (shape.size() < 2) {
      throw Refusal.wrong("%s of a tensor of shape %s", call.operator(), shape);
    }
    Datum zero = Datum.number(0);
    Datum ones = call.call("ones", Datum.ints(shape.subList(shape.size() - 2, shape.size())));
    Datum kept = call.call(call.name(), ones, call.get("diagonal"));
    return call.call("masked_fill", call.self(), call.call("eq", kept, zero), zero);
  }

  private static Datum triangle(Invocation call, boolean upper) {
    if (!call.self().isKnown()) {
      return masked(call);
    }
    Tensor self = call.known("self");
    long[] shape = self.shape();
    if (shape.length < 2) {
      throw Refusal.wrong("%s of a tensor of shape %s", call.operator(), call.self().shape());
    }
    long rows = shape[shape.length - 2];
    long columns = shape[shape.length - 1];
    long diagonal = call.integer("diagonal");
    double[] values = self.toDoubles();
    return Elements.reals(
        call.dispatcher().budget(),
        self.dtype(),
        shape,
        i -> {
          long above = i % columns - i / columns % rows;
          return (upper ? above >= diagonal : above <= diagonal) ? values[i] : 0;
        });
  }
}
