package dev.lapidary.torchscript.trace.operator;

import dev.lapidary.core.tensor.DType;
import dev.lapidary.core.tensor.Tensor;
import dev.lapidary.torchscript.graph.Dim;
import dev.lapidary.torchscript.trace.call.Invocation;
import dev.lapidary.torchscript.trace.call.Operator;
import dev.lapidary.torchscript.trace.limit.Refusal;
import dev.lapidary.torchscript.trace.value.Content;
import dev.lapidary.torchscript.trace.value.Datum;
import dev.lapidary.torchscript.trace.value.Dims;
import dev.lapidary.torchscript.trace.value.Elements;
import dev.lapidary.torchscript.trace.value.Scalars;
import dev.lapidary.torchscript.trace.value.Shapes;
import dev.lapidary.torchscript.trace.value.TensorRef;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.function.BiFunction;
import java.util.function.DoubleBinaryOperator;
import java.util.function.DoubleUnaryOperator;
import java.util.function.Function;
import java.util.function.LongBinaryOperator;

/** What pointwise operators share: one function for each element. */
final class Pointwise {
  private static final Datum ZERO = Datum.number(0);

  private Pointwise() {}

  static void compare(Map<String, Operator> table, String name, DoubleBinaryOperator function) {
    table.put(name, call -> binary(call, DType.BOOL, function, Optional.empty()));
  }

  static Datum arithmetic(
      Invocation call, DoubleBinaryOperator reals, LongBinaryOperator integers) {
    return number(call)
        .or(() -> simpler(call))
        .orElseGet(
            () -> {
              DType dtype = Shapes.promote(call.get("self"), call.get("other"));
              return binary(call, dtype, reals, Optional.of(integers));
            });
  }

  /** Arithmetic on batch sizes that a traced program does on tensors of rank 0. */
  static Optional<Datum> number(Invocation call) {
    Datum a = call.get("self");
    Datum b = call.get("other");
    if (!isBatchNumber(a) && !isBatchNumber(b)) {
      return Optional.empty();
    }
    Dim x = ((Datum.Int) Scalars.integer(a)).value();
    Dim y = ((Datum.Int) Scalars.integer(b)).value();
    Dim result =
        switch (call.name()) {
          case "add" -> Dims.add(x, y);
          case "sub" -> Dims.subtract(x, y);
          case "rsub" -> Dims.subtract(y, x);
          case "mul" -> Dims.multiply(x, y);
          case "div", "floor_divide" -> divided(call, x, y);
          case "remainder" -> Dims.remainder(x, y);
          default -> throw Refusal.unsupported("%s of the batch size", call.operator());
        };
    return Optional.of(Scalars.ofInteger(result));
  }

  /** Rounding down and toward zero are one for sizes, which are never negative. */
  private static Dim divided(Invocation call, Dim x, Dim y) {
    if (call.name().equals("div") && (!call.has("rounding_mode") || call.isNone("rounding_mode"))) {
      throw Refusal.unsupported("a real quotient of the batch size");
    }
    return Dims.floorDivide(x, y);
  }

  private static boolean isBatchNumber(Datum datum) {
    return datum instanceof TensorRef tensor && tensor.content() instanceof Content.BatchNumber;
  }

  /**
   * A computed tensor of rank 0 as a plain number: what a scripted program has at the same place.
   */
  static Optional<Datum> simpler(Invocation call) {
    if (call.allKnown() || call.has("rounding_mode")) {
      return Optional.empty();
    }
    Optional<Datum> right = asNumber(call.get("other"), call.get("self"));
    if (right.isPresent()) {
      return Optional.of(call.call(call.name(), call.get("self"), right.get()));
    }
    boolean commutes = call.name().equals("add") || call.name().equals("mul");
    return commutes
        ? asNumber(call.get("self"), call.get("other"))
            .map(left -> call.call(call.name(), call.get("other"), left))
        : Optional.empty();
  }

  private static Optional<Datum> asNumber(Datum operand, Datum partner) {
    if (!(operand instanceof TensorRef tensor)
        || !(tensor.content() instanceof Content.Known known)
        || known.sizes().length > 0
        || !known.name().isEmpty()
        || !(partner instanceof TensorRef other)
        || Shapes.kind(known.dtype()) > Shapes.kind(other.dtype())) {
      return Optional.empty();
    }
    Tensor value = known.tensor();
    return Optional.of(
        known.dtype().isFloating()
            ? new Datum.Real(value.doubleAt(value.offset()))
            : Datum.number(value.longAt(value.offset())));
  }

  static Datum binary(
      Invocation call,
      DType dtype,
      DoubleBinaryOperator reals,
      Optional<LongBinaryOperator> integers) {
    Datum a = call.get("self");
    Datum b = call.get("other");
    if (!call.allKnown()) {
      return call.record(dtype, shape(a, b));
    }
    if (dtype.isFloating() || integers.isEmpty()) {
      return evaluated(call, dtype, a, b, reals);
    }
    long[] shape = Shapes.constants(shape(a, b));
    long[] x = operand(call, a, shape).toLongs();
    long[] y = operand(call, b, shape).toLongs();
    LongBinaryOperator function = integers.get();
    return Elements.integers(
        call.dispatcher().budget(), dtype, shape, i -> function.applyAsLong(x[i], y[i]));
  }

  /** A function of two known operands, {@code self} and {@code other}. */
  static Datum evaluated(Invocation call, DType dtype, DoubleBinaryOperator function) {
    return evaluated(call, dtype, call.get("self"), call.get("other"), function);
  }

  static Datum evaluated(
      Invocation call, DType dtype, Datum a, Datum b, DoubleBinaryOperator function) {
    long[] shape = Shapes.constants(shape(a, b));
    double[] x = operand(call, a, shape).toDoubles();
    double[] y = operand(call, b, shape).toDoubles();
    // PyTorch brings both operands to float32 first: a number is rounded before it is used.
    boolean single = dtype == DType.FLOAT32;
    return Elements.reals(
        call.dispatcher().budget(),
        dtype,
        shape,
        i ->
            single
                ? function.applyAsDouble((float) x[i], (float) y[i])
                : function.applyAsDouble(x[i], y[i]));
  }

  static List<Dim> shape(Datum a, Datum b) {
    List<Dim> x = a instanceof TensorRef tensor ? tensor.shape() : List.of();
    List<Dim> y = b instanceof TensorRef tensor ? tensor.shape() : List.of();
    return Shapes.broadcast(x, y);
  }

  /** A known operand, broadcast; a number is a tensor of rank 0. */
  static Tensor operand(Invocation call, Datum datum, long[] shape) {
    TensorRef ref = datum instanceof TensorRef tensor ? tensor : Scalars.ofNumber(datum);
    return Elements.expand(call.dispatcher().budget(), ref.tensor("an operand"), shape);
  }

  static void of(
      Map<String, Operator> table, String name, BiFunction<Invocation, Datum, Datum> operator) {
    table.put(name, call -> operator.apply(call, call.self()));
  }

  /** Of a known tensor the function itself, of another one what it is put together of. */
  static void function(
      Map<String, Operator> table,
      String name,
      DoubleUnaryOperator function,
      BiFunction<Invocation, Datum, Datum> operator) {
    table.put(
        name, call -> ofKnown(call, function).orElseGet(() -> operator.apply(call, call.self())));
  }

  static Datum as(Invocation call, Datum x, DType dtype) {
    return call.call("to", x, Datum.number(dtype.scalarType()));
  }

  static Datum truth(Invocation call, Datum x) {
    return ((TensorRef) x).dtype() == DType.BOOL ? x : call.call("ne", x, ZERO);
  }

  static void keepType(Map<String, Operator> table, String name, DoubleUnaryOperator function) {
    table.put(name, call -> apply(call, function, Function.identity()));
  }

  static void toReal(Map<String, Operator> table, String name, DoubleUnaryOperator function) {
    table.put(name, call -> apply(call, function, Shapes::real));
  }

  static Datum apply(Invocation call, DoubleUnaryOperator function, Function<DType, DType> type) {
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

  static Datum recorded(Invocation call) {
    DType dtype = Shapes.real(call.self().dtype());
    return call.with("self", converted(call, dtype)).record(dtype, call.self().shape());
  }

  static Datum bounded(Invocation call, String low, String high) {
    double min = call.isNone(low) ? Double.NEGATIVE_INFINITY : call.real(low);
    double max = call.isNone(high) ? Double.POSITIVE_INFINITY : call.real(high);
    return apply(call, x -> Math.min(Math.max(x, min), max), Function.identity());
  }

  /**
   * A real function's values, of a tensor that is known. Operators that are recorded as several
   * others ask this first: put together of others, they round in between, and to nothing near 0.
   */
  static Optional<Datum> ofKnown(Invocation call, DoubleUnaryOperator function) {
    return call.allKnown() ? Optional.of(apply(call, function, Shapes::real)) : Optional.empty();
  }

  static Datum real(double value) {
    return new Datum.Real(value);
  }
}
