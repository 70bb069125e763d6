package dev.lapidary.torchscript.trace.operator;

import dev.lapidary.core.tensor.DType;
import dev.lapidary.torchscript.graph.SymInt;
import dev.lapidary.torchscript.trace.call.Invocation;
import dev.lapidary.torchscript.trace.call.Operator;
import dev.lapidary.torchscript.trace.value.Elementary;
import dev.lapidary.torchscript.trace.value.IValue;
import dev.lapidary.torchscript.trace.value.Scalars;
import dev.lapidary.torchscript.trace.value.Shapes;
import dev.lapidary.torchscript.trace.value.TensorRef;
import java.util.List;
import java.util.Map;
import java.util.function.DoubleUnaryOperator;

/** Pointwise Ops: powers, exponentials, logarithms and functions made of them. */
public final class PointwiseExponentials {
  private static final IValue ZERO = IValue.number(0);
  private static final IValue ONE = IValue.number(1);

  private PointwiseExponentials() {}

  public static void addTo(Map<String, Operator> table) {
    table.put("pow", PointwiseExponentials::pow);
    Pointwise.function(
        table, "expm1", Math::expm1, (call, x) -> call.call("sub", call.call("exp", x), ONE));
    Pointwise.of(table, "exp2", (call, x) -> call.call("pow", IValue.number(2), x));
    Pointwise.of(table, "erfc", (call, x) -> call.call("rsub", call.call("erf", x), ONE));
    Pointwise.of(table, "logit", PointwiseExponentials::logit);
    Pointwise.of(table, "logaddexp", PointwiseExponentials::logaddexp);
    Pointwise.toReal(table, "exp", Math::exp);
    Pointwise.toReal(table, "log", Math::log);
    Pointwise.toReal(table, "log1p", Math::log1p);
    Pointwise.toReal(table, "sqrt", Math::sqrt);
    Pointwise.toReal(table, "rsqrt", x -> 1 / Math.sqrt(x));
    table.put("erf", Pointwise::recorded);
    table.put("log2", call -> logarithm(call, Elementary::log2, 2));
    table.put("log10", call -> logarithm(call, Math::log10, 10));
    Pointwise.of(
        table, "ldexp", (call, x) -> call.call("mul", x, call.call("exp2", call.get("other"))));
    Pointwise.of(table, "logaddexp2", PointwiseExponentials::logaddexp2);
    Pointwise.of(table, "special_entr", PointwiseExponentials::specialEntr);
    Pointwise.of(table, "special_ndtr", PointwiseExponentials::specialNdtr);
    table.put("xlogy", call -> xlogy(call, "log"));
    table.put("special_xlog1py", call -> xlogy(call, "log1p"));
    table.put("float_power", PointwiseExponentials::floatPower);
  }

  private static IValue pow(Invocation call) {
    if (!(call.get("self") instanceof TensorRef)) {
      DType dtype = Shapes.promote(call.get("self"), call.get("exponent"));
      TensorRef exponent = call.tensor("exponent");
      return call.allKnown()
          ? Pointwise.evaluated(call, dtype, call.get("self"), exponent, Math::pow)
          : call.record(dtype, exponent.shape());
    }
    DType dtype = Shapes.promote(call.self(), call.get("exponent"));
    List<SymInt> shape = Pointwise.shape(call.self(), call.get("exponent"));
    return call.allKnown()
        ? Pointwise.evaluated(call, dtype, call.self(), call.get("exponent"), Math::pow)
        : call.record(dtype, shape);
  }

  private static IValue logit(Invocation call, IValue x) {
    IValue p = x;
    if (!call.isNone("eps")) {
      double eps = call.real("eps");
      p = call.call("clamp", x, new IValue.Real(eps), new IValue.Real(1 - eps));
    }
    return call.call("log", call.call("div", p, call.call("rsub", p, ONE)));
  }

  private static IValue logaddexp(Invocation call, IValue x) {
    if (call.allKnown()) {
      DType dtype = Shapes.promote(x, call.get("other"));
      return Pointwise.evaluated(call, dtype, Elementary::logAddExp);
    }
    IValue other = call.get("other");
    IValue apart = call.call("abs", call.call("sub", x, other));
    IValue more = call.call("log1p", call.call("exp", call.call("neg", apart)));
    return call.call("add", call.call("maximum", x, other), more);
  }

  private static IValue logarithm(Invocation call, DoubleUnaryOperator function, double base) {
    return Pointwise.ofKnown(call, function)
        .orElseGet(
            () ->
                call.call(
                    "mul", call.call("log", call.self()), new IValue.Real(1 / Math.log(base))));
  }

  private static IValue logaddexp2(Invocation call, IValue x) {
    if (call.allKnown()) {
      DType dtype = Shapes.promote(x, call.get("other"));
      return Pointwise.evaluated(call, dtype, Elementary::logAddExp2);
    }
    IValue other = call.get("other");
    IValue apart = call.call("abs", call.call("sub", x, other));
    IValue power = call.call("exp2", call.call("neg", apart));
    IValue more = call.call("mul", call.call("log1p", power), Pointwise.real(1 / Math.log(2)));
    return call.call("add", call.call("maximum", x, other), more);
  }

  /** {@code -x log(x)}: 0 at 0, the negative infinity below. */
  private static IValue specialEntr(Invocation call, IValue x) {
    IValue y = call.call("neg", call.call("mul", x, call.call("log", x)));
    y = call.call("masked_fill", y, call.call("eq", x, ZERO), ZERO);
    IValue below = call.call("lt", x, ZERO);
    return call.call("masked_fill", y, below, Pointwise.real(Double.NEGATIVE_INFINITY));
  }

  private static IValue specialNdtr(Invocation call, IValue x) {
    IValue erfc = call.call("erfc", call.call("mul", x, Pointwise.real(-Math.sqrt(0.5))));
    return call.call("mul", erfc, Pointwise.real(0.5));
  }

  /** {@code x log(y)}: 0 where x is, but for a y that is NaN. */
  private static IValue xlogy(Invocation call, String logarithm) {
    TensorRef x = tensor(call.get("self"));
    TensorRef y = tensor(call.get("other"));
    IValue product = call.call("mul", x, call.call(logarithm, y));
    IValue zero = call.call("logical_and", call.call("eq", x, ZERO), call.call("eq", y, y));
    return call.call("masked_fill", product, zero, ZERO);
  }

  private static TensorRef tensor(IValue operand) {
    return operand instanceof TensorRef tensor ? tensor : Scalars.ofNumber(operand);
  }

  private static IValue floatPower(Invocation call) {
    return call.call("pow", widened(call, "self"), widened(call, "exponent"));
  }

  private static IValue widened(Invocation call, String parameter) {
    IValue number = IValue.number(DType.FLOAT64.scalarType());
    return call.get(parameter) instanceof TensorRef tensor
        ? call.call("to", tensor, number)
        : call.get(parameter);
  }
}
