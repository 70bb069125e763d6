package dev.lapidary.exporter.evaluate;

import dev.lapidary.core.tensor.DType;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Comparator;
import java.util.List;
import java.util.function.ToDoubleFunction;
import java.util.stream.IntStream;

/** Reductions over axes, running sums, softmax, arg and top-k. */
final class Reduction {
  private Reduction() {}

  static void addTo(Evaluator e) {
    reduction(e, "ReduceSum", row -> Arrays.stream(row).sum());
    reduction(e, "ReduceMean", row -> Arrays.stream(row).sum() / row.length);
    reduction(e, "ReduceProd", row -> Arrays.stream(row).reduce(1, (a, b) -> a * b));
    reduction(e, "ReduceMax", row -> Arrays.stream(row).max().orElse(Double.NEGATIVE_INFINITY));
    reduction(e, "ReduceMin", row -> Arrays.stream(row).min().orElse(Double.POSITIVE_INFINITY));
    reduction(e, "ReduceL1", row -> Arrays.stream(row).map(Math::abs).sum());
    reduction(e, "ReduceL2", row -> Math.sqrt(Arrays.stream(row).map(x -> x * x).sum()));
    e.single("Softmax", call -> rows(call, Reduction::softmax));
    e.single(
        "LogSoftmax",
        call -> rows(call, row -> Arrays.stream(softmax(row)).map(Math::log).toArray()));
    e.single("ArgMax", call -> arg(call, 1));
    e.single("ArgMin", call -> arg(call, -1));
    e.several("TopK", Reduction::topk);
    e.single("CumSum", Reduction::cumulated);
  }

  private static void reduction(Evaluator e, String op, ToDoubleFunction<double[]> f) {
    e.single(op, call -> reduce(call, f));
  }

  private static Grid cumulated(Kernel.Call call) {
    Grid x = call.in(0);
    int axis = x.axis((long) call.in(1).values()[0]);
    int stride = x.stride(axis);
    int size = x.shape()[axis];
    boolean backwards = call.node().intOr("reverse", 0) == 1;
    boolean exclusive = call.node().intOr("exclusive", 0) == 1;
    Grid y = Grid.zeros(x.dtype(), x.shape());
    for (int i = 0; i < x.values().length; i++) {
      // The last element first where the sum runs backwards.
      int at = backwards ? x.values().length - 1 - i : i;
      int before = backwards ? at + stride : at - stride;
      int place = at / stride % size;
      boolean first = place == (backwards ? size - 1 : 0);
      double sum = first ? 0 : y.values()[before] + (exclusive ? x.values()[before] : 0);
      y.values()[at] = exclusive ? sum : sum + x.values()[at];
    }
    return y;
  }

  private static Grid reduce(Kernel.Call call, ToDoubleFunction<double[]> f) {
    Grid x = call.in(0);
    long[] given = call.list(1, "axes");
    if (given.length == 0 && call.node().intOr("noop_with_empty_axes", 0) == 1) {
      return x;
    }
    int[] axes =
        given.length == 0
            ? IntStream.range(0, x.rank()).toArray()
            : Arrays.stream(given).mapToInt(x::axis).sorted().toArray();
    return reduced(x, axes, call.node().intOr("keepdims", 1) == 1, f);
  }

  /** The reduced axes moved to the end, each row given to f. */
  static Grid reduced(Grid x, int[] axes, boolean keeps, ToDoubleFunction<double[]> f) {
    int[] kept =
        IntStream.range(0, x.rank())
            .filter(d -> Arrays.stream(axes).noneMatch(a -> a == d))
            .toArray();
    int[] order = IntStream.concat(Arrays.stream(kept), Arrays.stream(axes)).toArray();
    Grid turned = Movement.transposed(x, order);
    int length = Arrays.stream(axes).map(a -> x.shape()[a]).reduce(1, (a, b) -> a * b);
    int count = Arrays.stream(kept).map(a -> x.shape()[a]).reduce(1, (a, b) -> a * b);
    double[] values = new double[count];
    for (int i = 0; i < count; i++) {
      values[i] =
          f.applyAsDouble(Arrays.copyOfRange(turned.values(), i * length, (i + 1) * length));
    }
    int[] shape =
        keeps
            ? IntStream.range(0, x.rank())
                .map(d -> Arrays.stream(axes).anyMatch(a -> a == d) ? 1 : x.shape()[d])
                .toArray()
            : Arrays.stream(kept).map(d -> x.shape()[d]).toArray();
    return new Grid(x.dtype(), shape, values);
  }

  /** A function of the rows along one axis. */
  @FunctionalInterface
  private interface RowFunction {
    double[] apply(double[] row);
  }

  private static Grid rows(Kernel.Call call, RowFunction f) {
    Grid x = call.in(0);
    int axis = x.axis(call.node().intOr("axis", -1));
    Grid result = Grid.zeros(x.dtype(), x.shape());
    forRows(
        x,
        axis,
        (row, start, stride) -> {
          double[] values = f.apply(row);
          for (int i = 0; i < values.length; i++) {
            result.values()[start + i * stride] = values[i];
          }
        });
    return result;
  }

  /** What happens to a row that begins at {@code start} of the flat elements. */
  @FunctionalInterface
  private interface RowVisitor {
    void visit(double[] row, int start, int stride);
  }

  private static void forRows(Grid x, int axis, RowVisitor visitor) {
    int size = x.shape()[axis];
    int stride = x.stride(axis);
    for (int start = 0; start < x.values().length; start++) {
      if (start / stride % size == 0) {
        double[] row = new double[size];
        for (int i = 0; i < size; i++) {
          row[i] = x.values()[start + i * stride];
        }
        visitor.visit(row, start, stride);
      }
    }
  }

  private static double[] softmax(double[] row) {
    double max = Arrays.stream(row).max().orElse(0);
    double[] exp = Arrays.stream(row).map(x -> Math.exp(x - max)).toArray();
    double sum = Arrays.stream(exp).sum();
    return Arrays.stream(exp).map(x -> x / sum).toArray();
  }

  private static Grid arg(Kernel.Call call, int sign) {
    Grid x = call.in(0);
    int axis = x.axis(call.node().intOr("axis", 0));
    boolean last = call.node().intOr("select_last_index", 0) == 1;
    Grid result =
        reduced(
            x,
            new int[] {axis},
            call.node().intOr("keepdims", 1) == 1,
            row -> {
              int best = 0;
              for (int i = 1; i < row.length; i++) {
                double gain = sign * (row[i] - row[best]);
                best = gain > 0 || (last && gain == 0) ? i : best;
              }
              return best;
            });
    return new Grid(DType.INT64, result.shape(), result.values());
  }

  private static List<Grid> topk(Kernel.Call call) {
    Grid x = call.in(0);
    int axis = x.axis(call.node().intOr("axis", -1));
    int k = call.in(1).ints()[0];
    int sign = call.node().intOr("largest", 1) == 1 ? -1 : 1;
    int[] shape = x.shape().clone();
    shape[axis] = k;
    Grid values = Grid.zeros(x.dtype(), shape);
    Grid indices = Grid.zeros(DType.INT64, shape);
    int stride = x.stride(axis);
    int size = x.shape()[axis];
    forRows(
        x,
        axis,
        (row, start, step) -> {
          List<Integer> order = new ArrayList<>(IntStream.range(0, size).boxed().toList());
          order.sort(Comparator.comparingDouble(i -> sign * row[i]));
          int to = start / (stride * size) * stride * k + start % stride;
          for (int i = 0; i < k; i++) {
            values.values()[to + i * stride] = row[order.get(i)];
            indices.values()[to + i * stride] = order.get(i);
          }
        });
    return List.of(values, indices);
  }
}
