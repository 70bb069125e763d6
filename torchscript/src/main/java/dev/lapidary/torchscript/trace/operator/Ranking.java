package dev.lapidary.torchscript.trace.operator;

import dev.lapidary.core.tensor.DType;
import dev.lapidary.core.tensor.Tensor;
import dev.lapidary.torchscript.graph.SymInt;
import dev.lapidary.torchscript.trace.call.Invocation;
import dev.lapidary.torchscript.trace.limit.Budget;
import dev.lapidary.torchscript.trace.value.Elements;
import dev.lapidary.torchscript.trace.value.IValue;
import java.util.Arrays;
import java.util.Comparator;
import java.util.List;
import java.util.stream.IntStream;

/** The first of the sorted elements along a dimension; NaN is the greatest, as PyTorch. */
final class Ranking {

  private Ranking() {}

  /** Values, and where they are. */
  static IValue pair(Invocation call, List<SymInt> shape) {
    DType dtype = call.self().dtype();
    return IValue.TupleOf.of(
        List.copyOf(call.recordAll(List.of(dtype, DType.INT64), List.of(shape, shape))));
  }

  static int dimension(Invocation call) {
    return call.ownDimension("it compares the samples of a batch");
  }

  /** {@code (values, indices)} of the greatest or the least element of each row. */
  static IValue firstOfKnown(Invocation call, int dim, boolean largest) {
    IValue pair = ofKnown(call, dim, 1, largest);
    if (call.flag("keepdim")) {
      return pair;
    }
    return IValue.TupleOf.of(
        pair.toList().stream()
            .map(part -> call.call("squeeze", part, IValue.number(dim)))
            .toList());
  }

  /** {@code (values, indices)} of the first k; equal ones keep their order. */
  static IValue ofKnown(Invocation call, int dim, long k, boolean largest) {
    Tensor self = call.known("self");
    Budget budget = call.budget();
    double[] values = self.toDoubles();
    long[] shape = self.shape();
    int size = (int) shape[dim];
    int inner = (int) Tensor.numel(Arrays.copyOfRange(shape, dim + 1, shape.length));
    long[] kept = shape.clone();
    kept[dim] = k;
    long[] from = Elements.longs(budget, Tensor.numel(kept));
    for (int row = 0; k > 0 && row < values.length / Math.max(size, 1); row++) {
      int start = (row / inner) * size * inner + row % inner;
      int[] order = order(budget, values, start, inner, size, largest);
      for (int i = 0; i < k; i++) {
        from[((row / inner) * (int) k + i) * inner + row % inner] = order[i];
      }
    }
    return IValue.TupleOf.of(
        List.of(
            Elements.picked(budget, self, kept, i -> (int) from[i]),
            Elements.integers(budget, DType.INT64, kept, i -> from[i] / inner % size)));
  }

  /** Where the elements of a row lie, in their order. */
  private static int[] order(
      Budget budget, double[] values, int start, int step, int size, boolean largest) {
    Comparator<Integer> byValue = Comparator.comparingDouble(at -> values[at]);
    IntStream row = IntStream.range(0, size).map(i -> start + i * step);
    return Elements.sorted(budget, row, size, largest ? byValue.reversed() : byValue);
  }
}
