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
public final class PointwiseArithmetic {
  private static final IValue ZERO = IValue.number(0);

  private PointwiseArithmetic() {}

  public static void addTo(Map<String, Operator> table) {
    table.put("add", call -> scaled(call, (a, b) -> a + b, Math::addExact));
    table.put("sub", call -> scaled(call, (a, b) -> a - b, Math::subtractExact));
    table.put("rsub", PointwiseArithmetic::rsub);
    table.put("mul", call -> Pointwise.arithmetic(call, (a, b) -> a * b, Math::multiplyExact));
    table.put("div", PointwiseArithmetic::div);
    table.put("true_divide", call -> call.call("div", call.get("self"), call.get("other")));
    table.put(
        "floor_divide",
        call -> Pointwise.arithmetic(call, (a, b) -> Math.floor(a / b), Math::floorDiv));
    table.put(
        "remainder",
        call -> Pointwise.arithmetic(call, (a, b) -> a - b * Math.floor(a / b), Math::floorMod));
    table.put("fmod", call -> Pointwise.arithmetic(call, (a, b) -> a % b, (a, b) -> a % b));
    table.put("addcmul", call -> combined(call, "mul"));
    table.put("addcdiv", call -> combined(call, "div"));
    table.put("lerp", PointwiseArithmetic::lerp);
    Pointwise.of(table, "sgn", (call, x) -> call.call("sign", x));
    Pointwise.keepType(table, "neg", x -> -x);
    Pointwise.keepType(table, "abs", Math::abs);
    Pointwise.toReal(table, "reciprocal", x -> 1 / x);
    table.put("square", call -> call.call("mul", call.self(), call.self()));
    table.put("sign", PointwiseArithmetic::sign);
    Pointwise.of(table, "positive", (call, x) -> x);
    Pointwise.of(table, "conj_physical", (call, x) -> x);
    Pointwise.of(table, "signbit", PointwiseTrigonometry::signbit);
    Pointwise.of(table, "copysign", PointwiseArithmetic::copysign);
    Pointwise.of(table, "heaviside", PointwiseArithmetic::heaviside);
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
    return scaledReverse(call);
  }

  private static IValue scaledReverse(Invocation call) {
    if (call.get("alpha").toDouble() != 1) {
      throw ProgramRefusal.unsupported("rsub with alpha");
    }
    return Pointwise.arithmetic(call, (a, b) -> b - a, (a, b) -> Math.subtractExact(b, a));
  }

  private static IValue div(Invocation call) {
    boolean plain = !call.has("rounding_mode") || call.isNone("rounding_mode");
    if (plain) {
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

  /** {@code self + value * (tensor1 * tensor2)}, or their quotient. */
  private static IValue combined(Invocation call, String operator) {
    IValue term = call.call(operator, call.get("tensor1"), call.get("tensor2"));
    if (call.get("value").toDouble() != 1) {
      term = call.call("mul", term, call.get("value"));
    }
    return call.call("add", call.self(), term);
  }

  private static IValue lerp(Invocation call) {
    IValue way = call.call("sub", call.get("end"), call.self());
    return call.call("add", call.self(), call.call("mul", way, call.get("weight")));
  }

  private static IValue sign(Invocation call) {
    if (call.allKnown()) {
      return Pointwise.apply(call, Math::signum, Function.identity());
    }
    IValue zero = IValue.number(0);
    IValue dtype = IValue.number(call.self().dtype().scalarType());
    IValue positive = call.call("to", call.call("gt", call.self(), zero), dtype);
    IValue negative = call.call("to", call.call("lt", call.self(), zero), dtype);
    return call.call("sub", positive, negative);
  }

  private static IValue copysign(Invocation call, IValue x) {
    IValue size = call.call("abs", x);
    if (!(call.get("other") instanceof TensorRef other)) {
      double sign = Math.copySign(1, call.real("other"));
      return call.call("mul", size, Pointwise.real(sign));
    }
    return call.call(
        "where", PointwiseTrigonometry.signbit(call, other), call.call("neg", size), size);
  }

  private static IValue heaviside(Invocation call, IValue x) {
    IValue above = call.call("type_as", call.call("gt", x, ZERO), x);
    return call.call("where", call.call("eq", x, ZERO), call.get("values"), above);
  }
}
