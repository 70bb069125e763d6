package dev.lapidary.torchscript.trace.operator;

import dev.lapidary.core.tensor.DType;
import dev.lapidary.torchscript.trace.call.Invocation;
import dev.lapidary.torchscript.trace.call.Operator;
import dev.lapidary.torchscript.trace.limit.ProgramRefusal;
import dev.lapidary.torchscript.trace.value.IValue;
import dev.lapidary.torchscript.trace.value.TensorRef;
import java.util.Map;

/** Pointwise Ops: logic of truths and of masks. */
public final class PointwiseLogic {

  private PointwiseLogic() {}

  public static void addTo(Map<String, Operator> table) {
    Pointwise.compare(table, "logical_and", (a, b) -> a != 0 && b != 0 ? 1 : 0);
    Pointwise.compare(table, "logical_or", (a, b) -> a != 0 || b != 0 ? 1 : 0);
    Pointwise.of(table, "__and__", (call, x) -> ofMasks(call, x, "logical_and"));
    Pointwise.of(table, "bitwise_and", (call, x) -> ofMasks(call, x, "logical_and"));
    Pointwise.of(table, "__or__", (call, x) -> ofMasks(call, x, "logical_or"));
    Pointwise.of(table, "bitwise_or", (call, x) -> ofMasks(call, x, "logical_or"));
    Pointwise.of(table, "__xor__", (call, x) -> ofMasks(call, x, "logical_xor"));
    Pointwise.of(table, "bitwise_xor", (call, x) -> ofMasks(call, x, "logical_xor"));
    table.put("logical_not", PointwiseLogic::logicalNot);
    table.put("bitwise_not", PointwiseLogic::bitwiseNot);
  }

  private static IValue ofMasks(Invocation call, IValue x, String operator) {
    TensorRef other = call.tensor("other");
    if (call.self().dtype() != DType.BOOL || other.dtype() != DType.BOOL) {
      throw ProgramRefusal.unsupported(
          "%s of %s and %s", call.operator(), call.self().dtype(), other.dtype());
    }
    return call.call(operator, x, other);
  }

  private static IValue logicalNot(Invocation call) {
    return Pointwise.apply(call, x -> x == 0 ? 1 : 0, dtype -> DType.BOOL);
  }

  /** {@code ~mask}. */
  private static IValue bitwiseNot(Invocation call) {
    if (call.self().dtype() != DType.BOOL) {
      throw ProgramRefusal.unsupported("%s of %s", call.operator(), call.self().dtype());
    }
    return call.call("logical_not", call.self());
  }
}
