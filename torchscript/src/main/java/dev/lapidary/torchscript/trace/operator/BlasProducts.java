package dev.lapidary.torchscript.trace.operator;

import dev.lapidary.torchscript.graph.SymInt;
import dev.lapidary.torchscript.trace.call.Invocation;
import dev.lapidary.torchscript.trace.call.Operator;
import dev.lapidary.torchscript.trace.limit.ProgramRefusal;
import dev.lapidary.torchscript.trace.value.Elements;
import dev.lapidary.torchscript.trace.value.IValue;
import dev.lapidary.torchscript.trace.value.Shapes;
import dev.lapidary.torchscript.trace.value.SymInts;
import dev.lapidary.torchscript.trace.value.TensorRef;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;

/** BLAS and LAPACK Operations: products of vectors and matrices. All of them are {@code matmul}. */
final class BlasProducts {

  private BlasProducts() {}

  static void addTo(Map<String, Operator> table) {
    table.put("matmul", BlasProducts::matmul);
    table.put("addmm", call -> addProduct(call, call.tensor("mat1"), call.tensor("mat2")));
    table.put("baddbmm", call -> addProduct(call, call.tensor("batch1"), call.tensor("batch2")));
  }

  /** {@code beta * self + alpha * a @ b}; with a known matrix b it is a linear layer. */
  private static IValue addProduct(Invocation call, TensorRef a, TensorRef b) {
    IValue beta = call.get("beta");
    IValue alpha = call.get("alpha");
    boolean plain = beta.toDouble() == 1 && alpha.toDouble() == 1;
    if (plain && b.isKnown() && b.rank() == 2 && call.self().rank() == 1) {
      return call.call("linear", a, call.call("t", b), call.self());
    }
    IValue product = call.call("matmul", a, b);
    if (plain) {
      return call.call("add", product, call.self());
    }
    return call.call("add", call.call("mul", product, alpha), call.call("mul", call.self(), beta));
  }

  private static IValue matmul(Invocation call) {
    TensorRef self = call.self();
    TensorRef other = call.tensor("other");
    List<SymInt> a = self.shape();
    List<SymInt> b = other.shape();
    if (a.isEmpty() || b.isEmpty()) {
      throw ProgramRefusal.wrong("matmul of shapes %s and %s", a, b);
    }
    SymInt inner = b.get(Math.max(b.size() - 2, 0));
    if (!a.get(a.size() - 1).equals(inner)) {
      throw ProgramRefusal.wrong("matmul of shapes %s and %s", a, b);
    }
    List<SymInt> shape =
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
  private static IValue product(
      Invocation call, TensorRef left, TensorRef right, List<SymInt> resultShape) {
    long[] shape = Shapes.constants(resultShape);
    int rank = shape.length;
    int rows = (int) shape[rank - 2];
    int columns = (int) shape[rank - 1];
    int inner = (int) SymInts.constant(left.shape().get(left.rank() - 1));
    long[] leftShape = shape.clone();
    leftShape[rank - 1] = inner;
    long[] rightShape = shape.clone();
    rightShape[rank - 2] = inner;
    double[] a = Elements.expand(call.budget(), left.tensor("matmul"), leftShape).toDoubles();
    double[] b = Elements.expand(call.budget(), right.tensor("matmul"), rightShape).toDoubles();
    return Elements.sums(
        call.budget(),
        Shapes.promote(left, right),
        shape,
        inner,
        c -> multiply(a, b, c, rows, inner, columns));
  }

  private static void multiply(
      double[] a, double[] b, double[] c, int rows, int inner, int columns) {
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
  }
}
