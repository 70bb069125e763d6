package dev.lapidary.torchscript.trace.operator;

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
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.stream.IntStream;

/** Products of matrices; all of them are {@code linear}, {@code matmul} or {@code einsum}. */
public final class MatrixOperators {
  private MatrixOperators() {}

  public static void addTo(Map<String, Operator> table) {
    table.put("linear", MatrixOperators::linear);
    table.put("matmul", MatrixOperators::matmul);
    table.put("mm", call -> call.call("matmul", call.get("self"), call.get("mat2")));
    table.put("bmm", call -> call.call("matmul", call.get("self"), call.get("mat2")));
    table.put("addmm", call -> addProduct(call, call.tensor("mat1"), call.tensor("mat2")));
    table.put("baddbmm", call -> addProduct(call, call.tensor("batch1"), call.tensor("batch2")));
    table.put("dot", call -> call.call("sum", call.call("mul", call.self(), call.get("tensor"))));
    table.put("mv", call -> call.call("matmul", call.self(), call.get("vec")));
    table.put("tensordot", MatrixOperators::contracted);
    table.put("bilinear", MatrixOperators::bilinear);
    table.put("einsum", EinsumOperator::apply);
  }

  private static Datum linear(Invocation call) {
    TensorRef input = call.tensor("input");
    List<Dim> weight = call.tensor("weight").shape();
    List<Dim> shape = new ArrayList<>(input.shape());
    int last = shape.size() - 1;
    if (weight.size() != 2 || last < 0 || !shape.get(last).equals(weight.get(1))) {
      throw Refusal.wrong("linear of a tensor of shape %s with a weight of %s", shape, weight);
    }
    call.requireTypeOf(input, call.tensor("weight"));
    if (call.allKnown()) {
      Datum product = call.call("matmul", input, call.call("t", call.get("weight")));
      return call.isNone("bias") ? product : call.call("add", product, call.get("bias"));
    }
    shape.set(last, weight.get(0));
    return call.record(input.dtype(), shape);
  }

  /** {@code beta * self + alpha * a @ b}; with a known matrix b it is a linear layer. */
  private static Datum addProduct(Invocation call, TensorRef a, TensorRef b) {
    Datum beta = call.get("beta");
    Datum alpha = call.get("alpha");
    boolean plain = beta.toDouble() == 1 && alpha.toDouble() == 1;
    if (plain && b.isKnown() && b.rank() == 2 && call.self().rank() == 1) {
      return call.call("linear", a, call.call("t", b), call.self());
    }
    Datum product = call.call("matmul", a, b);
    if (plain) {
      return call.call("add", product, call.self());
    }
    return call.call("add", call.call("mul", product, alpha), call.call("mul", call.self(), beta));
  }

  /** The sums over pairs of dimensions: those come last in one matrix and first in the other. */
  private static Datum contracted(Invocation call) {
    TensorRef a = call.self();
    TensorRef b = call.tensor("other");
    int[] ofA = Shapes.dimensions(call.integers("dims_self"), a.rank());
    int[] ofB = Shapes.dimensions(call.integers("dims_other"), b.rank());
    int[] freeA = others(ofA, a.rank());
    int[] freeB = others(ofB, b.rank());
    Dim summed = Dims.product(sizes(a, ofA));
    List<Dim> rows = sizes(a, freeA);
    List<Dim> columns = sizes(b, freeB);
    List<Dim> left = List.of(Dims.product(rows), summed);
    List<Dim> right = List.of(summed, Dims.product(columns));
    Datum product =
        call.call(
            "matmul",
            call.call("reshape", permuted(call, a, freeA, ofA), Datum.ints(left)),
            call.call("reshape", permuted(call, b, ofB, freeB), Datum.ints(right)));
    List<Dim> shape = new ArrayList<>(rows);
    shape.addAll(columns);
    return call.call("reshape", product, Datum.ints(shape));
  }

  private static int[] others(int[] dims, int rank) {
    return IntStream.range(0, rank)
        .filter(d -> Arrays.stream(dims).noneMatch(e -> e == d))
        .toArray();
  }

  private static List<Dim> sizes(TensorRef tensor, int[] dims) {
    return Arrays.stream(dims).mapToObj(d -> tensor.shape().get(d)).toList();
  }

  private static Datum permuted(Invocation call, TensorRef tensor, int[] first, int[] last) {
    int[] order = IntStream.concat(Arrays.stream(first), Arrays.stream(last)).toArray();
    return call.call("permute", tensor, Datum.ints(order));
  }

  /** {@code y[o] = x1 W[o] x2 + b[o]}, W: {@code [O, I, J]}. */
  private static Datum bilinear(Invocation call) {
    TensorRef first = call.tensor("input1");
    List<Dim> weight = call.tensor("weight").shape();
    if (weight.size() != 3 || first.rank() == 0) {
      throw Refusal.wrong(
          "bilinear of a tensor of shape %s with a weight of %s", first.shape(), weight);
    }
    List<Dim> matrices = new ArrayList<>(first.shape().subList(0, first.rank() - 1));
    matrices.addAll(List.of(weight.get(0), weight.get(2)));
    Datum table = call.call("permute", call.get("weight"), Datum.ints(1, 0, 2));
    List<Dim> flat = List.of(weight.get(1), Dims.multiply(weight.get(0), weight.get(2)));
    Datum product = call.call("matmul", first, call.call("reshape", table, Datum.ints(flat)));
    Datum second = call.call("unsqueeze", call.get("input2"), Datum.number(-1));
    Datum sums = call.call("matmul", call.call("reshape", product, Datum.ints(matrices)), second);
    Datum y = call.call("squeeze", sums, Datum.number(-1));
    return call.isNone("bias") ? y : call.call("add", y, call.get("bias"));
  }

  private static Datum matmul(Invocation call) {
    TensorRef self = call.self();
    TensorRef other = call.tensor("other");
    List<Dim> a = self.shape();
    List<Dim> b = other.shape();
    if (a.isEmpty() || b.isEmpty()) {
      throw Refusal.wrong("matmul of shapes %s and %s", a, b);
    }
    Dim inner = b.get(Math.max(b.size() - 2, 0));
    if (!a.get(a.size() - 1).equals(inner)) {
      throw Refusal.wrong("matmul of shapes %s and %s", a, b);
    }
    List<Dim> shape =
        new ArrayList<>(
            Shapes.broadcast(
                a.subList(0, Math.max(a.size() - 2, 0)), b.subList(0, Math.max(b.size() - 2, 0))));
    if (a.size() > 1) {
      shape.add(a.get(a.size() - 2));
    }
    if (b.size() > 1) {
      shape.add(b.get(b.size() - 1));
    }
    call.requireTypeOf(self, other);
    return call.allKnown() && a.size() > 1 && b.size() > 1
        ? product(call, self, other, shape)
        : call.record(Shapes.promote(self, other), shape);
  }

  /** Sums in float64, and rounds once. */
  private static Datum product(
      Invocation call, TensorRef left, TensorRef right, List<Dim> resultShape) {
    long[] shape = Shapes.constants(resultShape);
    int rank = shape.length;
    int rows = (int) shape[rank - 2];
    int columns = (int) shape[rank - 1];
    int inner = (int) Dims.constant(left.shape().get(left.rank() - 1));
    call.dispatcher().budget().work(Math.multiplyExact(Tensor.numel(shape), inner));
    long[] leftShape = shape.clone();
    leftShape[rank - 1] = inner;
    long[] rightShape = shape.clone();
    rightShape[rank - 2] = inner;
    double[] a =
        Elements.expand(call.dispatcher().budget(), left.tensor("matmul"), leftShape).toDoubles();
    double[] b =
        Elements.expand(call.dispatcher().budget(), right.tensor("matmul"), rightShape).toDoubles();
    call.dispatcher().budget().expand(Tensor.numel(shape));
    double[] c = new double[Math.toIntExact(Tensor.numel(shape))];
    for (int row = 0; row < c.length / Math.max(columns, 1); row++) {
      int matrix = row / rows;
      for (int k = 0; k < inner; k++) {
        double x = a[row * inner + k];
        int from = (matrix * inner + k) * columns;
        for (int column = 0; column < columns; column++) {
          c[row * columns + column] += x * b[from + column];
        }
      }
    }
    return Elements.ofDoubles(call.dispatcher().budget(), Shapes.promote(left, right), shape, c);
  }
}
