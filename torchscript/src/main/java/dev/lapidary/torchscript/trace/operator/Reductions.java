package dev.lapidary.torchscript.trace.operator;

import dev.lapidary.core.tensor.DType;
import dev.lapidary.core.tensor.Tensor;
import dev.lapidary.torchscript.graph.SymInt;
import dev.lapidary.torchscript.trace.call.Invocation;
import dev.lapidary.torchscript.trace.value.Elements;
import dev.lapidary.torchscript.trace.value.IValue;
import dev.lapidary.torchscript.trace.value.Shapes;
import dev.lapidary.torchscript.trace.value.SymInts;
import dev.lapidary.torchscript.trace.value.TensorRef;
import java.util.Arrays;
import java.util.List;
import java.util.function.DoubleBinaryOperator;
import java.util.function.DoubleUnaryOperator;

/** What reductions share: dimensions, and constants folded. */
final class Reductions {

  private Reductions() {}

  static IValue reduce(Invocation given, String name) {
    TensorRef self = given.self();
    if (given.gives("dtype")) {
      self = given.callTensor("to", self, given.get("dtype"));
    }
    boolean all = !given.has("dim");
    int[] dims = Shapes.dimensions(all ? new long[0] : dims(given), self.rank());
    if (all) {
      return given.call(name, self, IValue.ints(dims), IValue.bool(false));
    }
    boolean keep = given.flag("keepdim");
    DType dtype = self.dtype();
    if (name.equals("sum") && !dtype.isFloating()) {
      dtype = DType.INT64;
    }
    if (!given.allKnown()) {
      Invocation call = given.with("self", self).with("dim", IValue.ints(dims));
      if (call.has("dtype")) {
        call = call.with("dtype", IValue.None.NONE);
      }
      return call.record(dtype, Shapes.reduced(self.shape(), dims, keep));
    }
    return evaluate(given, self, dims, keep, dtype, name);
  }

  static long[] dims(Invocation call) {
    return call.isNone("dim") ? new long[0] : call.integers("dim");
  }

  private static IValue evaluate(
      Invocation call, TensorRef self, int[] dims, boolean keep, DType dtype, String name) {
    long count = 1;
    for (int dim : dims) {
      count = Math.multiplyExact(count, SymInts.constant(self.shape().get(dim)));
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

  static IValue fold(
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
    List<SymInt> kept = Shapes.reduced(self.shape(), dims, true);
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
    return Elements.reals(call.budget(), dtype, shape, i -> finish.applyAsDouble(totals[i]));
  }
}
