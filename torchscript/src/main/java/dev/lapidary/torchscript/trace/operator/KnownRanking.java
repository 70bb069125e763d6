package dev.lapidary.torchscript.trace.operator;

import dev.lapidary.core.tensor.DType;
import dev.lapidary.core.tensor.Tensor;
import dev.lapidary.torchscript.trace.call.Invocation;
import dev.lapidary.torchscript.trace.limit.Budget;
import dev.lapidary.torchscript.trace.value.Elements;
import dev.lapidary.torchscript.trace.value.IValue;
import dev.lapidary.torchscript.trace.value.TensorRef;
import java.util.Arrays;
import java.util.Comparator;
import java.util.List;
import java.util.stream.IntStream;

/** Elements of a known tensor in their order along a dimension; NaN is the greatest, as PyTorch. */
final class KnownRanking {
  private KnownRanking() {}

  /** {@code (values, indices)} of the greatest or the least element of each row. */
  static IValue first(Invocation call, int dim, boolean largest) {
    IValue pair = of(call, dim, 1, largest);
    if (call.flag("keepdim")) {
      return pair;
    }
    return IValue.TupleOf.of(
        pair.toList().stream()
            .map(part -> call.call("squeeze", part, IValue.number(dim)))
            .toList());
  }

  /** {@code (values, indices)} of the first k; equal ones keep their order. */
  static IValue of(Invocation call, int dim, long k, boolean largest) {
    Tensor self = call.known("self");
    Budget budget = call.dispatcher().budget();
    double[] values = self.toDoubles();
    long[] shape = self.shape();
    int size = (int) shape[dim];
    int inner = (int) Tensor.numel(Arrays.copyOfRange(shape, dim + 1, shape.length));
    long[] kept = shape.clone();
    kept[dim] = k;
    int[] from = Elements.ints(budget, Tensor.numel(kept));
    for (int row = 0; k > 0 && row < values.length / Math.max(size, 1); row++) {
      int start = (row / inner) * size * inner + row % inner;
      int[] order = order(budget, values, start, inner, size, largest);
      for (int i = 0; i < k; i++) {
        from[((row / inner) * (int) k + i) * inner + row % inner] = order[i];
      }
    }
    return IValue.TupleOf.of(
        List.of(
            self.dtype().isFloating()
                ? Elements.reals(budget, self.dtype(), kept, i -> values[from[i]])
                : integers(budget, self, kept, from),
            Elements.integers(budget, DType.INT64, kept, i -> from[i] / inner % size)));
  }

  private static TensorRef integers(Budget budget, Tensor self, long[] shape, int[] from) {
    long[] values = self.toLongs();
    return Elements.integers(budget, self.dtype(), shape, i -> values[from[i]]);
  }

  /** Where the elements of a row lie, in their order. */
  private static int[] order(
      Budget budget, double[] values, int start, int step, int size, boolean largest) {
    Comparator<Integer> byValue = Comparator.comparingDouble(at -> values[at]);
    IntStream row = IntStream.range(0, size).map(i -> start + i * step);
    return Elements.sorted(budget, row, size, largest ? byValue.reversed() : byValue);
  }
}
