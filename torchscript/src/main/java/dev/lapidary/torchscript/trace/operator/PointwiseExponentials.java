package dev.lapidary.torchscript.trace.operator;

import dev.lapidary.core.tensor.DType;
import dev.lapidary.torchscript.graph.Dim;
import dev.lapidary.torchscript.trace.call.Invocation;
import dev.lapidary.torchscript.trace.call.Operator;
import dev.lapidary.torchscript.trace.value.Datum;
import dev.lapidary.torchscript.trace.value.Elementary;
import dev.lapidary.torchscript.trace.value.Scalars;
import dev.lapidary.torchscript.trace.value.Shapes;
import dev.lapidary.torchscript.trace.value.TensorRef;
import java.util.List;
import java.util.Map;
import java.util.function.DoubleUnaryOperator;

/** Pointwise Ops: powers, exponentials, logarithms and functions made of them. */
public final class PointwiseExponentials {
  private static final Datum ZERO = Datum.number(0);
  private static final Datum ONE = Datum.number(1);

  private PointwiseExponentials() {}

  public static void addTo(Map<String, Operator> table) {
    table.put("pow", PointwiseExponentials::pow);
    Pointwise.function(
        table, "expm1", Math::expm1, (call, x) -> call.call("sub", call.call("exp", x), ONE));
    Pointwise.of(table, "exp2", (call, x) -> call.call("pow", Datum.number(2), x));
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

  private static Datum pow(Invocation call) {
    if (!(call.get("self") instanceof TensorRef)) {
      DType dtype = Shapes.promote(call.get("self"), call.get("exponent"));
      TensorRef exponent = call.tensor("exponent");
      return call.allKnown()
          ? Pointwise.evaluated(call, dtype, call.get("self"), exponent, Math::pow)
          : call.record(dtype, exponent.shape());
    }
    DType dtype = Shapes.promote(call.self(), call.get("exponent"));
    List<Dim> shape = Pointwise.shape(call.self(), call.get("exponent"));
    return call.allKnown()
        ? Pointwise.evaluated(call, dtype, call.self(), call.get("exponent"), Math::pow)
        : call.record(dtype, shape);
  }

  private static Datum logit(Invocation call, Datum x) {
    Datum p = x;
    if (!call.isNone("eps")) {
      double eps = call.real("eps");
      p = call.call("clamp", x, new Datum.Real(eps), new Datum.Real(1 - eps));
    }
    return call.call("log", call.call("div", p, call.call("rsub", p, ONE)));
  }

  private static Datum logaddexp(Invocation call, Datum x) {
    if (call.allKnown()) {
      DType dtype = Shapes.promote(x, call.get("other"));
      return Pointwise.evaluated(call, dtype, Elementary::logAddExp);
    }
    Datum other = call.get("other");
    Datum apart = call.call("abs", call.call("sub", x, other));
    Datum more = call.call("log1p", call.call("exp", call.call("neg", apart)));
    return call.call("add", call.call("maximum", x, other), more);
  }

  private static Datum logarithm(Invocation call, DoubleUnaryOperator function, double base) {
    return Pointwise.ofKnown(call, function)
        .orElseGet(
            () ->
                call.call(
                    "mul", call.call("log", call.self()), new Datum.Real(1 / Math.log(base))));
  }

  private static Datum logaddexp2(Invocation call, Datum x) {
    if (call.allKnown()) {
      DType dtype = Shapes.promote(x, call.get("other"));
      return Pointwise.evaluated(call, dtype, Elementary::logAddExp2);
    }
    Datum other = call.get("other");
    Datum apart = call.call("abs", call.call("sub", x, other));
    Datum power = call.call("exp2", call.call("neg", apart));
    Datum more = call.call("mul", call.call("log1p", power), Pointwise.real(1 / Math.log(2)));
    return call.call("add", call.call("maximum", x, other), more);
  }

  /** {@code -x log(x)}: 0 at 0, the negative infinity below. */
  private static Datum specialEntr(Invocation call, Datum x) {
    Datum y = call.call("neg", call.call("mul", x, call.call("log", x)));
    y = call.call("masked_fill", y, call.call("eq", x, ZERO), ZERO);
    Datum below = call.call("lt", x, ZERO);
    return call.call("masked_fill", y, below, Pointwise.real(Double.NEGATIVE_INFINITY));
  }

  private static Datum specialNdtr(Invocation call, Datum x) {
    Datum erfc = call.call("erfc", call.call("mul", x, Pointwise.real(-Math.sqrt(0.5))));
    return call.call("mul", erfc, Pointwise.real(0.5));
  }

  /** {@code x log(y)}: 0 where x is, but for a y that is NaN. */
  private static Datum xlogy(Invocation call, String logarithm) {
    TensorRef x = tensor(call.get("self"));
    TensorRef y = tensor(call.get("other"));
    Datum product = call.call("mul", x, call.call(logarithm, y));
    Datum zero = call.call("logical_and", call.call("eq", x, ZERO), call.call("eq", y, y));
    return call.call("masked_fill", product, zero, ZERO);
  }

  private static TensorRef tensor(Datum operand) {
    return operand instanceof TensorRef tensor ? tensor : Scalars.ofNumber(operand);
  }

  private static Datum floatPower(Invocation call) {
    return call.call("pow", widened(call, "self"), widened(call, "exponent"));
  }

  private static Datum widened(Invocation call, String parameter) {
    Datum number = Datum.number(DType.FLOAT64.scalarType());
    return call.get(parameter) instanceof TensorRef tensor
        ? call.call("to", tensor, number)
        : call.get(parameter);
  }
}
