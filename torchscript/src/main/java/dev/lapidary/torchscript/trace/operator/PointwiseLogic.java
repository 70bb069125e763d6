package dev.lapidary.torchscript.trace.operator;

import dev.lapidary.core.tensor.DType;
import dev.lapidary.torchscript.trace.call.Invocation;
import dev.lapidary.torchscript.trace.call.Operator;
import dev.lapidary.torchscript.trace.limit.ProgramRefusal;
import dev.lapidary.torchscript.trace.value.IValue;
import dev.lapidary.torchscript.trace.value.TensorRef;
import java.util.Map;

/** Pointwise Ops: logic of truths and of masks. */
final class PointwiseLogic {

  private PointwiseLogic() {}

  static void addTo(Map<String, Operator> table) {
    Pointwise.compare(table, "logical_and", (a, b) -> a != 0 && b != 0 ? 1 : 0);
    Pointwise.compare(table, "logical_or", (a, b) -> a != 0 || b != 0 ? 1 : 0);
    table.put("__and__", call -> ofMasks(call, "logical_and"));
    table.put("bitwise_and", call -> ofMasks(call, "logical_and"));
    table.put("__or__", call -> ofMasks(call, "logical_or"));
    table.put("bitwise_or", call -> ofMasks(call, "logical_or"));
    table.put("__xor__", call -> ofMasks(call, "logical_xor"));
    table.put("bitwise_xor", call -> ofMasks(call, "logical_xor"));
    table.put(
        "logical_not", call -> Pointwise.apply(call, x -> x == 0 ? 1 : 0, type -> DType.BOOL));
    table.put("bitwise_not", PointwiseLogic::bitwiseNot);
  }

  private static IValue ofMasks(Invocation call, String operator) {
    TensorRef other = call.tensor("other");
    if (call.self().dtype() != DType.BOOL || other.dtype() != DType.BOOL) {
      throw ProgramRefusal.unsupported(
          "%s of %s and %s", call.operator(), call.self().dtype(), other.dtype());
    }
    return call.call(operator, call.self(), other);
  }

  /** {@code ~mask}. */
  private static IValue bitwiseNot(Invocation call) {
    if (call.self().dtype() != DType.BOOL) {
      throw ProgramRefusal.unsupported("%s of %s", call.operator(), call.self().dtype());
    }
    return call.call("logical_not", call.self());
  }
}
