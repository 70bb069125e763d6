package dev.lapidary.torchscript.trace.operator;

import dev.lapidary.torchscript.graph.SymInt;
import dev.lapidary.torchscript.trace.call.Invocation;
import dev.lapidary.torchscript.trace.call.Operator;
import dev.lapidary.torchscript.trace.limit.ProgramRefusal;
import dev.lapidary.torchscript.trace.value.IValue;
import dev.lapidary.torchscript.trace.value.TensorRef;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;

/** Linear functions. */
final class Linear {

  private Linear() {}

  static void addTo(Map<String, Operator> table) {
    table.put("linear", Linear::linear);
  }

  private static IValue linear(Invocation call) {
    TensorRef input = call.tensor("input");
    List<SymInt> weight = call.tensor("weight").shape();
    List<SymInt> shape = new ArrayList<>(input.shape());
    int last = shape.size() - 1;
    if (weight.size() != 2 || last < 0 || !shape.get(last).equals(weight.get(1))) {
      throw ProgramRefusal.wrong(
          "linear of a tensor of shape %s with a weight of %s", shape, weight);
    }
    call.requireTypeOf(input, call.tensor("weight"));
    PerChannel.requireOrOne(call, weight.get(0), "bias");
    if (call.allKnown()) {
      IValue product = call.call("matmul", input, call.call("t", call.get("weight")));
      return call.isNone("bias") ? product : call.call("add", product, call.get("bias"));
    }
    shape.set(last, weight.get(0));
    return call.record(input.dtype(), shape);
  }
}
