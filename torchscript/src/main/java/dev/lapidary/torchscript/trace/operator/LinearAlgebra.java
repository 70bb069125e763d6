package dev.lapidary.torchscript.trace.operator;

import dev.lapidary.torchscript.graph.SymInt;
import dev.lapidary.torchscript.trace.call.Invocation;
import dev.lapidary.torchscript.trace.call.Operator;
import dev.lapidary.torchscript.trace.limit.ProgramRefusal;
import dev.lapidary.torchscript.trace.value.IValue;
import dev.lapidary.torchscript.trace.value.Shapes;
import java.util.List;
import java.util.Map;

/** What only {@code torch.linalg} has. */
public final class LinearAlgebra {

  private LinearAlgebra() {}

  public static void addTo(Map<String, Operator> table) {
    table.put("linalg_vecdot", LinearAlgebra::linalgVecdot);
    table.put("cross", LinearAlgebra::cross);
    table.put("linalg_cross", LinearAlgebra::cross);
    table.put("linalg_multi_dot", call -> BlasProducts.chained(call, call.tensors("tensors")));
    table.put("linalg_matrix_power", BlasProducts::power);
    table.put("linalg_norm", LinearAlgebra::linalgNorm);
    table.put("linalg_matrix_norm", LinearAlgebra::linalgMatrixNorm);
  }

  private static IValue linalgVecdot(Invocation call) {
    IValue dims = new IValue.ListOf(List.of(call.get("dim")));
    return call.call("sum", call.call("mul", call.get("x"), call.get("y")), dims);
  }

  /** {@code a[1] b[2] - a[2] b[1]} and so on, all three at once. */
  private static IValue cross(Invocation call) {
    List<SymInt> shape = Shapes.broadcast(call.self().shape(), call.tensor("other").shape());
    int dim =
        call.isNone("dim")
            ? shape.indexOf(SymInt.of(3))
            : Shapes.dimension(call.integer("dim"), shape.size());
    if (dim < 0 || !shape.get(dim).equals(SymInt.of(3))) {
      throw ProgramRefusal.wrong("%s of tensors of shape %s", call.operator(), shape);
    }
    IValue a = call.call("expand", call.self(), IValue.ints(shape));
    IValue b = call.call("expand", call.get("other"), IValue.ints(shape));
    IValue forth = call.call("mul", rolled(call, a, dim, -1), rolled(call, b, dim, -2));
    IValue back = call.call("mul", rolled(call, a, dim, -2), rolled(call, b, dim, -1));
    return call.call("sub", forth, back);
  }

  private static IValue rolled(Invocation call, IValue x, int dim, int by) {
    return call.call("roll", x, IValue.ints(by), IValue.ints(dim));
  }

  /** Of matrices where two dimensions and an order are given, or a matrix; else of vectors. */
  private static IValue linalgNorm(Invocation call) {
    boolean two = call.isNone("dim") ? call.self().rank() == 2 : call.integers("dim").length == 2;
    if (two && !call.isNone("ord")) {
      IValue dims = call.isNone("dim") ? IValue.ints(-2, -1) : call.get("dim");
      return call.call(
          "linalg_matrix_norm", typed(call), call.get("ord"), dims, call.get("keepdim"));
    }
    IValue order = call.isNone("ord") ? IValue.number(2) : call.get("ord");
    return call.call(
        "linalg_vector_norm", typed(call), order, call.get("dim"), call.get("keepdim"));
  }

  private static IValue typed(Invocation call) {
    return call.isNone("dtype") ? call.self() : call.call("to", call.self(), call.get("dtype"));
  }

  /** The greatest, or the least, sum of a column or a row; or the length of all elements. */
  private static IValue linalgMatrixNorm(Invocation call) {
    IValue self = typed(call);
    long[] dims = call.integers("dim");
    if (dims.length != 2) {
      throw ProgramRefusal.wrong("%s over %d dimensions", call.operator(), dims.length);
    }
    boolean named = call.get("ord") instanceof IValue.Str;
    if (named && call.text("ord").equals("fro")) {
      return call.call(
          "linalg_vector_norm", self, IValue.number(2), call.get("dim"), call.get("keepdim"));
    }
    double order = named ? Double.NaN : call.real("ord");
    boolean ofColumns = Math.abs(order) == 1;
    if (!ofColumns && !Double.isInfinite(order)) {
      throw ProgramRefusal.unsupported(
          "%s of the order %s, which takes singular values; \"fro\", 1, -1, inf and -inf are"
              + " supported",
          call.operator(), IValue.describe(call.get("ord")));
    }
    int rank = call.self().rank();
    int summed = Shapes.dimension(dims[ofColumns ? 0 : 1], rank);
    int compared = Shapes.dimension(dims[ofColumns ? 1 : 0], rank);
    IValue keep = IValue.bool(true);
    IValue sums = call.call("sum", call.call("abs", self), IValue.ints(summed), keep);
    IValue extreme = call.call(order > 0 ? "amax" : "amin", sums, IValue.ints(compared), keep);
    IValue dropped = IValue.ints(summed, compared);
    return call.flag("keepdim") ? extreme : call.call("squeeze", extreme, dropped);
  }
}
