package dev.lapidary.exporter.evaluate;

import java.util.Arrays;

/** MatMul as NumPy's, and Gemm. */
final class MatrixProduct {
  private MatrixProduct() {}

  static void addTo(Evaluator e) {
    e.single("MatMul", call -> matmul(call, call.in(0), call.in(1)));
    e.single("Gemm", MatrixProduct::gemm);
  }

  private static Grid gemm(Kernel.Call call) {
    Grid a = call.node().intOr("transA", 0) == 1 ? turned(call.in(0)) : call.in(0);
    Grid b = call.node().intOr("transB", 0) == 1 ? turned(call.in(1)) : call.in(1);
    float alpha = call.node().realOr("alpha", 1);
    float beta = call.node().realOr("beta", 1);
    Grid product = Elementwise.map(matmul(call, a, b), x -> alpha * x);
    return call.has(2)
        ? Elementwise.broadcast(product, call.in(2), (x, c) -> x + beta * c)
        : product;
  }

  private static Grid turned(Grid matrix) {
    return Movement.transposed(matrix, 1, 0);
  }

  /** Vectors become matrices of one row or column, whose axis goes away again. */
  static Grid matmul(Kernel.Call call, Grid a, Grid b) {
    Grid left = a.rank() == 1 ? a.shaped(1, a.shape()[0]) : a;
    Grid right = b.rank() == 1 ? b.shaped(b.shape()[0], 1) : b;
    int[] outerLeft = Arrays.copyOf(left.shape(), left.rank() - 2);
    int[] outerRight = Arrays.copyOf(right.shape(), right.rank() - 2);
    int[] outer = Elementwise.commonShape(outerLeft, outerRight);
    int[] fromLeft = Elementwise.positions(outerLeft, outer);
    int[] fromRight = Elementwise.positions(outerRight, outer);
    int m = left.shape()[left.rank() - 2];
    int k = left.shape()[left.rank() - 1];
    int n = right.shape()[right.rank() - 1];
    int[] shape = Arrays.copyOf(outer, outer.length + 2);
    shape[outer.length] = m;
    shape[outer.length + 1] = n;
    call.hold(fromLeft.length, m, n);
    call.spend(fromLeft.length, m, k, n);
    Grid result = Grid.zeros(a.dtype(), shape);
    for (int o = 0; o < fromLeft.length; o++) {
      multiply(
          left.values(),
          fromLeft[o] * m * k,
          right.values(),
          fromRight[o] * k * n,
          result.values(),
          o * m * n,
          m,
          k,
          n);
    }
    return squeezed(result, a.rank() == 1, b.rank() == 1);
  }

  private static void multiply(
      double[] a, int atA, double[] b, int atB, double[] c, int atC, int m, int k, int n) {
    for (int i = 0; i < m; i++) {
      for (int l = 0; l < k; l++) {
        double factor = a[atA + i * k + l];
        for (int j = 0; j < n; j++) {
          c[atC + i * n + j] += factor * b[atB + l * n + j];
        }
      }
    }
  }

  private static Grid squeezed(Grid x, boolean rows, boolean columns) {
    int outer = x.rank() - 2;
    int[] shape = Arrays.copyOf(x.shape(), outer + (rows ? 0 : 1) + (columns ? 0 : 1));
    if (rows && !columns) {
      shape[outer] = x.shape()[outer + 1];
    }
    return x.shaped(shape);
  }
}
