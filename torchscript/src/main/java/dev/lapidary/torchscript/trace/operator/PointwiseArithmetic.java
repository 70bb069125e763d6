package dev.lapidary.torchscript.trace.operator;

import dev.lapidary.core.tensor.DType;
import dev.lapidary.torchscript.trace.builtin.NumberBuiltins;
import dev.lapidary.torchscript.trace.call.Invocation;
import dev.lapidary.torchscript.trace.call.Operator;
import dev.lapidary.torchscript.trace.limit.ProgramRefusal;
import dev.lapidary.torchscript.trace.value.IValue;
import dev.lapidary.torchscript.trace.value.Shapes;
import dev.lapidary.torchscript.trace.value.TensorRef;
import java.util.Map;
import java.util.Optional;
import java.util.function.DoubleBinaryOperator;
import java.util.function.Function;
import java.util.function.LongBinaryOperator;

/** Pointwise Ops: arithmetic and signs. */
final class PointwiseArithmetic {

  private PointwiseArithmetic() {}

  static void addTo(Map<String, Operator> table) {
    table.put("add", call -> scaled(call, (a, b) -> a + b, Math::addExact));
    table.put("sub", call -> scaled(call, (a, b) -> a - b, Math::subtractExact));
    table.put("rsub", PointwiseArithmetic::rsub);
    table.put("mul", call -> Pointwise.arithmetic(call, (a, b) -> a * b, Math::multiplyExact));
    table.put("div", PointwiseArithmetic::div);
    table.put(
        "floor_divide",
        call -> Pointwise.arithmetic(call, (a, b) -> Math.floor(a / b), Math::floorDiv));
    table.put(
        "remainder",
        call -> Pointwise.arithmetic(call, (a, b) -> a - b * Math.floor(a / b), Math::floorMod));
    table.put("fmod", call -> Pointwise.arithmetic(call, (a, b) -> a % b, (a, b) -> a % b));
    Pointwise.keepType(table, "neg", x -> -x);
    Pointwise.keepType(table, "abs", Math::abs);
    Pointwise.toReal(table, "reciprocal", x -> 1 / x);
    table.put("sign", PointwiseArithmetic::sign);
  }

  /** {@code add} and {@code sub}, whose second operand a factor may scale. */
  private static IValue scaled(
      Invocation call, DoubleBinaryOperator reals, LongBinaryOperator integers) {
    if (call.get("alpha").toDouble() == 1) {
      return Pointwise.arithmetic(call, reals, integers);
    }
    IValue product =
        call.get("other") instanceof TensorRef other
            ? call.call("mul", other, call.get("alpha"))
            : NumberBuiltins.binary("mul", call.get("other"), call.get("alpha"));
    return call.call(call.name(), call.self(), product);
  }

  private static IValue rsub(Invocation call) {
    if (call.get("other") instanceof TensorRef other) {
      return call.call("sub", other, call.self());
    }
    if (call.get("alpha").toDouble() != 1) {
      throw ProgramRefusal.unsupported("rsub with alpha");
    }
    return Pointwise.arithmetic(call, (a, b) -> b - a, (a, b) -> Math.subtractExact(b, a));
  }

  private static IValue div(Invocation call) {
    if (!call.gives("rounding_mode")) {
      DType dtype = Shapes.real(Shapes.promote(call.get("self"), call.get("other")));
      return Pointwise.number(call)
          .or(() -> Pointwise.simpler(call))
          .orElseGet(() -> Pointwise.binary(call, dtype, (a, b) -> a / b, Optional.empty()));
    }
    if (call.text("rounding_mode").equals("floor")) {
      return Pointwise.arithmetic(call, (a, b) -> Math.floor(a / b), Math::floorDiv);
    }
    return Pointwise.arithmetic(
        call, (a, b) -> a / b < 0 ? Math.ceil(a / b) : Math.floor(a / b), (a, b) -> a / b);
  }

  private static IValue sign(Invocation call) {
    return call.allKnown()
        ? Pointwise.apply(call, Math::signum, Function.identity())
        : call.decomposed();
  }
}
