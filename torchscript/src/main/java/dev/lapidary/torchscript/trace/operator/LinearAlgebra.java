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
}
