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
    table.put("cross", LinearAlgebra::cross);
    table.put("linalg_matrix_norm", LinearAlgebra::linalgMatrixNorm);
  }

  /** Along the first dimension of three elements where none is given; a batch is none. */
  private static IValue cross(Invocation call) {
    List<SymInt> shape = Shapes.broadcast(call.self().shape(), call.tensor("other").shape());
    int three = shape.indexOf(SymInt.of(3));
    if (call.isNone("dim") && three < 0) {
      throw ProgramRefusal.wrong("%s of tensors of shape %s", call.operator(), shape);
    }
    IValue dim = call.isNone("dim") ? IValue.number(three) : call.get("dim");
    return call.dispatcher()
        .call("aten::linalg_cross", List.of(call.self(), call.get("other")), Map.of("dim", dim));
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
