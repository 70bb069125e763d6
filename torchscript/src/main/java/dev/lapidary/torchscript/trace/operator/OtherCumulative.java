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

/** Other Operations: running sums and products, differences, and places in sorted sequences. */
public final class OtherCumulative {
  private static final Datum LAST = Datum.number(-1);
  private static final Datum ZERO = Datum.number(0);
  private static final Datum ONE = Datum.number(1);

  private OtherCumulative() {}

  public static void addTo(Map<String, Operator> table) {
    table.put("diff", OtherCumulative::diff);
    table.put("bucketize", OtherCumulative::bucket);
    table.put("searchsorted", OtherCumulative::bucket);
    table.put("cumsum", call -> cumulated(call, Double::sum));
    table.put("cumprod", call -> cumulated(call, (a, b) -> a * b));
  }

  private static Datum diff(Invocation call) {
    int dim = Shapes.dimension(call.integer("dim"), call.self().rank());
    Datum along = Datum.number(dim);
    List<Datum> parts = new ArrayList<>();
    call.optionalTensor("prepend").ifPresent(parts::add);
    parts.add(call.self());
    call.optionalTensor("append").ifPresent(parts::add);
    TensorRef y = call.callTensor("cat", new Datum.ListOf(parts), along);
    for (long i = 0; i < call.integer("n"); i++) {
      Datum less = Datum.number(Dims.constant(y.shape().get(dim)) - 1);
      Datum later = call.call("narrow", y, along, ONE, less);
      y = call.callTensor("sub", later, call.call("narrow", y, along, ZERO, less));
    }
    return y;
  }

  /** How many of the boundaries are less, or with {@code right} not greater. */
  private static Datum bucket(Invocation call) {
    boolean search = call.has("sorted_sequence");
    TensorRef boundaries = call.tensor(search ? "sorted_sequence" : "boundaries");
    boolean plain = boundaries.rank() == 1 && call.get("self") instanceof TensorRef;
    if (search) {
      plain &= call.isNone("sorter");
    }
    if (!plain) {
      throw Refusal.unsupported(
          "%s by boundaries of shape %s", call.operator(), boundaries.shape());
    }
    boolean right =
        call.flag("right") || (search && !call.isNone("side") && call.text("side").equals("right"));
    Datum value = call.call("unsqueeze", call.get("self"), LAST);
    Datum passed = call.call(right ? "ge" : "gt", value, boundaries);
    DType dtype = call.flag("out_int32") ? DType.INT32 : DType.INT64;
    Datum count = call.call("sum", passed, Datum.ints(-1));
    return call.call("to", count, Datum.number(dtype.scalarType()));
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
}
