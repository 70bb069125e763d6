package dev.lapidary.torchscript.trace.operator;

import dev.lapidary.torchscript.graph.Dim;
import dev.lapidary.torchscript.trace.call.Invocation;
import dev.lapidary.torchscript.trace.call.Operator;
import dev.lapidary.torchscript.trace.limit.Refusal;
import dev.lapidary.torchscript.trace.value.Datum;
import dev.lapidary.torchscript.trace.value.Dims;
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
}
