package dev.lapidary.torchscript.trace.operator;

import dev.lapidary.core.tensor.DType;
import dev.lapidary.core.tensor.Tensor;
import dev.lapidary.torchscript.graph.SymInt;
import dev.lapidary.torchscript.trace.call.Invocation;
import dev.lapidary.torchscript.trace.call.Operator;
import dev.lapidary.torchscript.trace.limit.ProgramRefusal;
import dev.lapidary.torchscript.trace.value.Elements;
import dev.lapidary.torchscript.trace.value.IValue;
import dev.lapidary.torchscript.trace.value.Shapes;
import dev.lapidary.torchscript.trace.value.SymInts;
import dev.lapidary.torchscript.trace.value.TensorRef;
import java.util.List;
import java.util.Map;
import java.util.function.DoubleBinaryOperator;

/** Other Operations: running sums and products, differences, and places in sorted sequences. */
public final class OtherCumulative {
  private static final IValue LAST = IValue.number(-1);

  private OtherCumulative() {}

  public static void addTo(Map<String, Operator> table) {
    table.put("bucketize", OtherCumulative::bucket);
    table.put("searchsorted", OtherCumulative::bucket);
    table.put("cumsum", call -> cumulated(call, Double::sum));
    table.put("cumprod", call -> cumulated(call, (a, b) -> a * b));
  }

  /** How many of the boundaries are less, or with {@code right} not greater. */
  private static IValue bucket(Invocation call) {
    boolean search = call.has("sorted_sequence");
    TensorRef boundaries = call.tensor(search ? "sorted_sequence" : "boundaries");
    boolean plain = boundaries.rank() == 1 && call.get("self") instanceof TensorRef;
    if (search) {
      plain &= call.isNone("sorter");
    }
    if (!plain) {
      throw ProgramRefusal.unsupported(
          "%s by boundaries of shape %s", call.operator(), boundaries.shape());
    }
    boolean right =
        call.flag("right") || (search && !call.isNone("side") && call.text("side").equals("right"));
    IValue value = call.call("unsqueeze", call.get("self"), LAST);
    IValue passed = call.call(right ? "ge" : "gt", value, boundaries);
    DType dtype = call.flag("out_int32") ? DType.INT32 : DType.INT64;
    IValue count = call.call("sum", passed, IValue.ints(-1));
    return call.call("to", count, IValue.number(dtype.scalarType()));
  }

  private static IValue cumulated(Invocation call, DoubleBinaryOperator step) {
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

  private static IValue cumulatedLater(Invocation call, int dim, DType dtype) {
    List<SymInt> shape = call.self().shape();
    if (shape.isEmpty() || shape.get(dim).perBatch()) {
      throw ProgramRefusal.unsupported(
          "%s along dimension %d of %s: it adds up the samples of a batch",
          call.operator(), dim, shape);
    }
    if (call.name().equals("cumprod")) {
      return multipliedUp(call, dim, dtype);
    }
    return call.with("dim", IValue.number(dim)).record(dtype, shape);
  }

  /** ONNX has no running product: each step takes in what lies twice as far before. */
  private static IValue multipliedUp(Invocation call, int dim, DType dtype) {
    IValue products = call.call("to", call.self(), IValue.number(dtype.scalarType()));
    int rank = call.self().rank();
    long size = SymInts.constant(call.self().shape().get(dim));
    IValue along = IValue.number(dim);
    IValue zero = IValue.number(0);
    IValue one = IValue.number(1);
    for (int step = 1; step < size; step *= 2) {
      IValue before = call.call("slice", products, along, zero, IValue.number(size - step), one);
      int[] pad = new int[2 * (rank - dim)];
      pad[pad.length - 2] = step;
      IValue earlier = call.call("constant_pad_nd", before, IValue.ints(pad), one);
      products = call.call("mul", products, earlier);
    }
    return products;
  }
}
