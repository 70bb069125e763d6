package dev.lapidary.torchscript.trace.operator;

import dev.lapidary.torchscript.graph.SymInt;
import dev.lapidary.torchscript.trace.call.Invocation;
import dev.lapidary.torchscript.trace.call.Operator;
import dev.lapidary.torchscript.trace.limit.ProgramRefusal;
import dev.lapidary.torchscript.trace.value.IValue;
import dev.lapidary.torchscript.trace.value.SymInts;
import dev.lapidary.torchscript.trace.value.TensorRef;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;

/** Linear functions. */
public final class Linear {

  private Linear() {}

  public static void addTo(Map<String, Operator> table) {
    table.put("linear", Linear::linear);
    table.put("bilinear", Linear::bilinear);
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
    if (call.allKnown()) {
      IValue product = call.call("matmul", input, call.call("t", call.get("weight")));
      return call.isNone("bias") ? product : call.call("add", product, call.get("bias"));
    }
    shape.set(last, weight.get(0));
    return call.record(input.dtype(), shape);
  }

  /** {@code y[o] = x1 W[o] x2 + b[o]}, W: {@code [O, I, J]}. */
  private static IValue bilinear(Invocation call) {
    TensorRef first = call.tensor("input1");
    List<SymInt> weight = call.tensor("weight").shape();
    if (weight.size() != 3 || first.rank() == 0) {
      throw ProgramRefusal.wrong(
          "bilinear of a tensor of shape %s with a weight of %s", first.shape(), weight);
    }
    List<SymInt> matrices = new ArrayList<>(first.shape().subList(0, first.rank() - 1));
    matrices.addAll(List.of(weight.get(0), weight.get(2)));
    IValue table = call.call("permute", call.get("weight"), IValue.ints(1, 0, 2));
    List<SymInt> flat = List.of(weight.get(1), SymInts.multiply(weight.get(0), weight.get(2)));
    IValue product = call.call("matmul", first, call.call("reshape", table, IValue.ints(flat)));
    IValue second = call.call("unsqueeze", call.get("input2"), IValue.number(-1));
    IValue sums = call.call("matmul", call.call("reshape", product, IValue.ints(matrices)), second);
    IValue y = call.call("squeeze", sums, IValue.number(-1));
    return call.isNone("bias") ? y : call.call("add", y, call.get("bias"));
  }
}
