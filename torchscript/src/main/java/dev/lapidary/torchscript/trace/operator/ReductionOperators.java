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
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.function.DoubleBinaryOperator;
import java.util.function.DoubleUnaryOperator;

/** Sums, means, extremes and norms over dimensions. */
public final class ReductionOperators {
  private ReductionOperators() {}

  public static void addTo(Map<String, Operator> table) {
    table.put("sum", call -> reduce(call, "sum"));
    table.put("mean", call -> reduce(call, "mean"));
    table.put("amax", call -> reduce(call, "amax"));
    table.put("amin", call -> reduce(call, "amin"));
    table.put("prod", ReductionOperators::product);
    table.put("linalg_vector_norm", ReductionOperators::norm);
    table.put(
        "norm",
        call ->
            call.call(
                "linalg_vector_norm",
                call.self(),
                call.isNone("p") ? Datum.number(2) : call.get("p"),
                call.get("dim"),
                call.get("keepdim")));
  }

  private static Datum reduce(Invocation given, String name) {
    TensorRef self = given.self();
    if (given.has("dtype") && !given.isNone("dtype")) {
      self = given.callTensor("to", self, given.get("dtype"));
    }
    boolean all = !given.has("dim");
    int[] dims = Shapes.dimensions(all ? new long[0] : dims(given), self.rank());
    if (all) {
      return given.call(name, self, Datum.ints(dims), Datum.bool(false));
    }
    boolean keep = given.flag("keepdim");
    DType dtype = self.dtype();
    if (name.equals("sum") && !dtype.isFloating()) {
      dtype = DType.INT64;
    }
    if (!given.allKnown()) {
      Invocation call = given.with("self", self).with("dim", Datum.ints(dims));
      if (call.has("dtype")) {
        call = call.with("dtype", Datum.None.NONE);
      }
      return call.record(dtype, Shapes.reduced(self.shape(), dims, keep));
    }
    return evaluate(given, self, dims, keep, dtype, name);
  }

  /** Along one dimension; of constants also of all. */
  private static Datum product(Invocation given) {
    TensorRef self = given.self();
    if (!given.isNone("dtype")) {
      self = given.callTensor("to", self, given.get("dtype"));
    }
    boolean all = !given.has("dim");
    if (all && !given.allKnown()) {
      throw Refusal.unsupported("%s over all dimensions, and so over the batch", given.operator());
    }
    long[] along = all ? new long[0] : new long[] {given.integer("dim")};
    int[] dims = Shapes.dimensions(along, self.rank());
    boolean keep = !all && given.flag("keepdim");
    DType dtype = self.dtype().isFloating() ? self.dtype() : DType.INT64;
    if (given.allKnown()) {
      return fold(given, self, dims, keep, dtype, 1, (a, b) -> a * b, x -> x);
    }
    return given
        .with("self", self)
        .with("dim", Datum.number(dims[0]))
        .with("dtype", Datum.None.NONE)
        .record(dtype, Shapes.reduced(self.shape(), dims, keep));
  }

  private static long[] dims(Invocation call) {
    return call.isNone("dim") ? new long[0] : call.integers("dim");
  }

  private static Datum evaluate(
      Invocation call, TensorRef self, int[] dims, boolean keep, DType dtype, String name) {
    long count = 1;
    for (int dim : dims) {
      count = Math.multiplyExact(count, Dims.constant(self.shape().get(dim)));
    }
    double divisor = (double) count;
    return switch (name) {
      case "sum" -> fold(call, self, dims, keep, dtype, 0, Double::sum, x -> x);
      case "mean" -> fold(call, self, dims, keep, dtype, 0, Double::sum, x -> x / divisor);
      case "amax" ->
          fold(call, self, dims, keep, dtype, Double.NEGATIVE_INFINITY, Math::max, x -> x);
      default -> fold(call, self, dims, keep, dtype, Double.POSITIVE_INFINITY, Math::min, x -> x);
    };
  }

  private static Datum norm(Invocation call) {
    TensorRef self = call.self();
    if (call.has("dtype") && !call.isNone("dtype")) {
      throw Refusal.unsupported("a norm in another element type");
    }
    int[] dims = Shapes.dimensions(dims(call), self.rank());
    boolean keep = call.flag("keepdim");
    double order = call.real("ord");
    boolean usual = order == 1 || order == 2 || Double.isInfinite(order);
    if (call.allKnown() ? order != 2 : !usual) {
      return ofOrder(call, order, dims);
    }
    if (!call.allKnown()) {
      return call.with("dim", Datum.ints(dims))
          .record(self.dtype(), Shapes.reduced(self.shape(), dims, keep));
    }
    return fold(call, self, dims, keep, self.dtype(), 0, (sum, x) -> sum + x * x, Math::sqrt);
  }

  /** The greatest or the least size, the sum of sizes, the count of others than 0, or a root. */
  private static Datum ofOrder(Invocation call, double order, int[] dims) {
    Datum along = Datum.ints(dims);
    Datum keep = call.get("keepdim");
    Datum sizes = call.call("abs", call.self());
    if (Double.isInfinite(order)) {
      return call.call(order > 0 ? "amax" : "amin", sizes, along, keep);
    }
    if (order == 0) {
      Datum others = call.call("ne", call.self(), Datum.number(0));
      return call.call("sum", call.call("type_as", others, call.self()), along, keep);
    }
    if (order == 1) {
      return call.call("sum", sizes, along, keep);
    }
    Datum sum = call.call("sum", call.call("pow", sizes, new Datum.Real(order)), along, keep);
    return call.call("pow", sum, new Datum.Real(1 / order));
  }

  private static Datum fold(
      Invocation call,
      TensorRef self,
      int[] dims,
      boolean keep,
      DType dtype,
      double start,
      DoubleBinaryOperator step,
      DoubleUnaryOperator finish) {
    Tensor tensor = self.tensor(call.operator());
    long[] sizes = tensor.shape();
    List<Dim> kept = Shapes.reduced(self.shape(), dims, true);
    long[] strides = Tensor.contiguousStrides(Shapes.constants(kept));
    for (int dim : dims) {
      strides[dim] = 0;
    }
    double[] totals = new double[Math.toIntExact(Tensor.numel(Shapes.constants(kept)))];
    Arrays.fill(totals, start);
    double[] values = tensor.toDoubles();
    long[] index = new long[sizes.length];
    int at = 0;
    for (double value : values) {
      totals[at] = step.applyAsDouble(totals[at], value);
      for (int d = sizes.length - 1; d >= 0; d--) {
        at += (int) strides[d];
        if (++index[d] < sizes[d]) {
          break;
        }
        at -= (int) (sizes[d] * strides[d]);
        index[d] = 0;
      }
    }
    long[] shape = Shapes.constants(Shapes.reduced(self.shape(), dims, keep));
    return Elements.reals(
        call.dispatcher().budget(), dtype, shape, i -> finish.applyAsDouble(totals[i]));
  }
}
