package dev.lapidary.models.trace;

import dev.lapidary.models.graph.Dim;
import dev.lapidary.models.tensor.Tensor;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;

/** Products of matrices; all of them are {@code linear}, {@code matmul} or {@code einsum}. */
final class MatrixOperators {
  private MatrixOperators() {}

  static void addTo(Map<String, Operator> table) {
    table.put("linear", MatrixOperators::linear);
    table.put("matmul", MatrixOperators::matmul);
    table.put("mm", call -> call.call("matmul", call.get("self"), call.get("mat2")));
    table.put("bmm", call -> call.call("matmul", call.get("self"), call.get("mat2")));
    table.put("addmm", call -> addProduct(call, call.tensor("mat1"), call.tensor("mat2")));
    table.put("baddbmm", call -> addProduct(call, call.tensor("batch1"), call.tensor("batch2")));
    table.put("einsum", MatrixOperators::einsum);
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
    boolean plain = Invocation.number(beta) == 1 && Invocation.number(alpha) == 1;
    if (plain && b.isKnown() && b.rank() == 2 && call.self().rank() == 1) {
      return call.call("linear", a, call.call("t", b), call.self());
    }
    Datum product = call.call("matmul", a, b);
    if (plain) {
      return call.call("add", product, call.self());
    }
    return call.call("add", call.call("mul", product, alpha), call.call("mul", call.self(), beta));
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
    int inner = (int) Invocation.constant(left.shape().get(left.rank() - 1));
    call.operators().budget().work(Math.multiplyExact(Tensor.numel(shape), inner));
    long[] leftShape = shape.clone();
    leftShape[rank - 1] = inner;
    long[] rightShape = shape.clone();
    rightShape[rank - 2] = inner;
    double[] a =
        Elements.expand(call.operators().budget(), left.tensor("matmul"), leftShape).toDoubles();
    double[] b =
        Elements.expand(call.operators().budget(), right.tensor("matmul"), rightShape).toDoubles();
    call.operators().budget().expand(Tensor.numel(shape));
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
    return Elements.ofDoubles(call.operators().budget(), Shapes.promote(left, right), shape, c);
  }

  /** {@code "bij,bjk->bik"}; letters only, the output written out. */
  private static Datum einsum(Invocation call) {
    String equation = call.text("equation").replace(" ", "");
    String[] sides = equation.split("->", -1);
    List<TensorRef> tensors = call.tensors("tensors");
    String[] inputs = sides[0].split(",", -1);
    if (sides.length != 2 || inputs.length != tensors.size() || equation.contains("...")) {
      throw Refusal.unsupported("einsum with the equation %s", equation);
    }
    Map<Character, Dim> sizes = new HashMap<>();
    for (int i = 0; i < inputs.length; i++) {
      List<Dim> shape = tensors.get(i).shape();
      if (shape.size() != inputs[i].length()) {
        throw Refusal.wrong("einsum %s of a tensor of shape %s", equation, shape);
      }
      for (int d = 0; d < shape.size(); d++) {
        Dim known = sizes.putIfAbsent(inputs[i].charAt(d), shape.get(d));
        if (known != null && !known.equals(shape.get(d))) {
          throw Refusal.wrong("einsum %s: %s against %s", equation, known, shape.get(d));
        }
      }
    }
    List<Dim> shape = new ArrayList<>();
    for (char letter : sides[1].toCharArray()) {
      Dim size = sizes.get(letter);
      if (size == null) {
        throw Refusal.wrong("einsum %s: %s is in no input", equation, letter);
      }
      shape.add(size);
    }
    return call.with("equation", new Datum.Str(equation))
        .with("path", Datum.None.NONE)
        .record(tensors.get(0).dtype(), shape);
  }
}
