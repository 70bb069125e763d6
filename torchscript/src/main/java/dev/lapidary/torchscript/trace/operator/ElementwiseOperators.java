package dev.lapidary.torchscript.trace.operator;

import dev.lapidary.core.tensor.DType;
import dev.lapidary.core.tensor.Tensor;
import dev.lapidary.torchscript.trace.call.Invocation;
import dev.lapidary.torchscript.trace.call.Operator;
import dev.lapidary.torchscript.trace.limit.Refusal;
import dev.lapidary.torchscript.trace.value.Datum;
import dev.lapidary.torchscript.trace.value.Elementary;
import dev.lapidary.torchscript.trace.value.Elements;
import dev.lapidary.torchscript.trace.value.Shapes;
import dev.lapidary.torchscript.trace.value.TensorRef;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.function.DoubleUnaryOperator;
import java.util.function.Function;

/** Operators of one tensor that keep its shape: activations and elementary functions. */
public final class ElementwiseOperators {
  private ElementwiseOperators() {}

  public static void addTo(Map<String, Operator> table) {
    keepType(table, "relu", x -> Math.max(x, 0));
    keepType(table, "neg", x -> -x);
    keepType(table, "abs", Math::abs);
    toWhole(table, "floor", Math::floor);
    toWhole(table, "ceil", Math::ceil);
    keepType(table, "hardswish", x -> x * Math.min(Math.max(x + 3, 0), 6) / 6);
    keepType(table, "hardsigmoid", x -> Math.min(Math.max(x + 3, 0), 6) / 6);
    toReal(table, "sigmoid", ElementwiseOperators::sigmoid);
    toReal(table, "silu", x -> x * sigmoid(x));
    toReal(table, "mish", x -> x * Math.tanh(Math.log1p(Math.exp(x))));
    toReal(table, "tanh", Math::tanh);
    toReal(table, "exp", Math::exp);
    toReal(table, "log", Math::log);
    toReal(table, "log1p", Math::log1p);
    toReal(table, "sqrt", Math::sqrt);
    toReal(table, "rsqrt", x -> 1 / Math.sqrt(x));
    toReal(table, "reciprocal", x -> 1 / x);
    toReal(table, "sin", Math::sin);
    toReal(table, "cos", Math::cos);
    toReal(table, "asin", Math::asin);
    toReal(table, "acos", Math::acos);
    toReal(table, "atan", Math::atan);
    toReal(table, "asinh", Elementary::asinh);
    toReal(table, "acosh", Elementary::acosh);
    toReal(table, "atanh", Elementary::atanh);
    for (String recorded : List.of("gelu", "leaky_relu", "softplus", "prelu", "erf")) {
      table.put(recorded, ElementwiseOperators::recorded);
    }
    table.put("square", call -> call.call("mul", call.self(), call.self()));
    table.put(
        "relu6", call -> call.call("hardtanh", call.self(), Datum.number(0), Datum.number(6)));
    table.put("hardtanh", call -> bounded(call, "min_val", "max_val"));
    table.put("clamp", ElementwiseOperators::clamp);
    Datum none = Datum.None.NONE;
    table.put("clamp_min", call -> call.call("clamp", call.self(), call.get("min"), none));
    table.put("clamp_max", call -> call.call("clamp", call.self(), none, call.get("max")));
    table.put("logical_not", ElementwiseOperators::logicalNot);
    table.put("bitwise_not", ElementwiseOperators::bitwiseNot);
    table.put("sign", ElementwiseOperators::sign);
    table.put("log2", call -> logarithm(call, Elementary::log2, 2));
    table.put("log10", call -> logarithm(call, Math::log10, 10));
  }

  private static void keepType(
      Map<String, Operator> table, String name, DoubleUnaryOperator function) {
    table.put(name, call -> apply(call, function, Function.identity()));
  }

  private static void toReal(
      Map<String, Operator> table, String name, DoubleUnaryOperator function) {
    table.put(name, call -> apply(call, function, Shapes::real));
  }

  private static Datum apply(
      Invocation call, DoubleUnaryOperator function, Function<DType, DType> type) {
    TensorRef self = call.self();
    DType dtype = type.apply(self.dtype());
    if (!call.allKnown()) {
      return call.with(call.schema().parameters().get(0).name(), converted(call, dtype))
          .record(dtype, self.shape());
    }
    Tensor tensor = self.tensor(call.operator());
    double[] values = tensor.toDoubles();
    return Elements.reals(
        call.dispatcher().budget(), dtype, tensor.shape(), i -> function.applyAsDouble(values[i]));
  }

  /** Integers are real numbers before a function takes them. */
  private static Datum converted(Invocation call, DType dtype) {
    boolean changes = dtype.isFloating() && !call.self().dtype().isFloating();
    return changes ? call.call("to", call.self(), Datum.number(dtype.scalarType())) : call.self();
  }

  /** What integers are already: of them these functions are the identity. */
  private static void toWhole(
      Map<String, Operator> table, String name, DoubleUnaryOperator function) {
    table.put(
        name,
        call ->
            call.self().dtype().isFloating()
                ? apply(call, function, Function.identity())
                : call.self());
  }

  /** To a whole number, half to even. */
  static Datum rounded(Invocation call) {
    return call.self().dtype().isFloating()
        ? apply(call, Math::rint, Function.identity())
        : call.self();
  }

  private static Datum recorded(Invocation call) {
    DType dtype = Shapes.real(call.self().dtype());
    return call.with("self", converted(call, dtype)).record(dtype, call.self().shape());
  }

  private static Datum clamp(Invocation call) {
    boolean numbers =
        !(call.get("min") instanceof TensorRef || call.get("max") instanceof TensorRef);
    if (numbers) {
      return bounded(call, "min", "max");
    }
    Datum bounded = call.self();
    if (!call.isNone("min")) {
      bounded = call.call("maximum", bounded, call.get("min"));
    }
    return call.isNone("max") ? bounded : call.call("minimum", bounded, call.get("max"));
  }

  private static Datum bounded(Invocation call, String low, String high) {
    double min = call.isNone(low) ? Double.NEGATIVE_INFINITY : call.real(low);
    double max = call.isNone(high) ? Double.POSITIVE_INFINITY : call.real(high);
    return apply(call, x -> Math.min(Math.max(x, min), max), Function.identity());
  }

  private static Datum logicalNot(Invocation call) {
    return apply(call, x -> x == 0 ? 1 : 0, dtype -> DType.BOOL);
  }

  /** {@code ~mask}. */
  private static Datum bitwiseNot(Invocation call) {
    if (call.self().dtype() != DType.BOOL) {
      throw Refusal.unsupported("%s of %s", call.operator(), call.self().dtype());
    }
    return call.call("logical_not", call.self());
  }

  private static Datum sign(Invocation call) {
    if (call.allKnown()) {
      return apply(call, Math::signum, Function.identity());
    }
    Datum zero = Datum.number(0);
    Datum dtype = Datum.number(call.self().dtype().scalarType());
    Datum positive = call.call("to", call.call("gt", call.self(), zero), dtype);
    Datum negative = call.call("to", call.call("lt", call.self(), zero), dtype);
    return call.call("sub", positive, negative);
  }

  private static Datum logarithm(Invocation call, DoubleUnaryOperator function, double base) {
    return ofKnown(call, function)
        .orElseGet(
            () ->
                call.call(
                    "mul", call.call("log", call.self()), new Datum.Real(1 / Math.log(base))));
  }

  /**
   * A real function's values, of a tensor that is known. Operators that are recorded as several
   * others ask this first: put together of others, they round in between, and to nothing near 0.
   */
  static Optional<Datum> ofKnown(Invocation call, DoubleUnaryOperator function) {
    return call.allKnown() ? Optional.of(apply(call, function, Shapes::real)) : Optional.empty();
  }

  private static double sigmoid(double x) {
    return 1 / (1 + Math.exp(-x));
  }
}
