package dev.lapidary.torchscript.trace.operator;

import dev.lapidary.core.tensor.DType;
import dev.lapidary.core.tensor.Tensor;
import dev.lapidary.torchscript.graph.SymInt;
import dev.lapidary.torchscript.trace.call.Invocation;
import dev.lapidary.torchscript.trace.call.Operator;
import dev.lapidary.torchscript.trace.limit.ProgramRefusal;
import dev.lapidary.torchscript.trace.value.Content;
import dev.lapidary.torchscript.trace.value.Elements;
import dev.lapidary.torchscript.trace.value.IValue;
import dev.lapidary.torchscript.trace.value.Scalars;
import dev.lapidary.torchscript.trace.value.Shapes;
import dev.lapidary.torchscript.trace.value.SymInts;
import dev.lapidary.torchscript.trace.value.TensorRef;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.function.DoubleBinaryOperator;
import java.util.function.DoubleUnaryOperator;
import java.util.function.Function;
import java.util.function.LongBinaryOperator;

/**
 * What pointwise operators share: one function for each element. Operands broadcast, and meet in
 * the type that PyTorch's promotion gives.
 */
final class Pointwise {

  private Pointwise() {}

  static void compare(Map<String, Operator> table, String name, DoubleBinaryOperator function) {
    table.put(name, call -> binary(call, DType.BOOL, function, Optional.empty()));
  }

  static IValue arithmetic(
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
  static Optional<IValue> number(Invocation call) {
    IValue a = call.get("self");
    IValue b = call.get("other");
    if (!isBatchNumber(a) && !isBatchNumber(b)) {
      return Optional.empty();
    }
    SymInt x = ((IValue.Int) Scalars.integer(a)).value();
    SymInt y = ((IValue.Int) Scalars.integer(b)).value();
    SymInt result =
        switch (call.name()) {
          case "add" -> SymInts.add(x, y);
          case "sub" -> SymInts.subtract(x, y);
          case "rsub" -> SymInts.subtract(y, x);
          case "mul" -> SymInts.multiply(x, y);
          case "div", "floor_divide" -> divided(call, x, y);
          case "remainder" -> SymInts.remainder(x, y);
          default -> throw ProgramRefusal.unsupported("%s of the batch size", call.operator());
        };
    return Optional.of(Scalars.ofInteger(result));
  }

  /** Rounding down and toward zero are one for sizes, which are never negative. */
  private static SymInt divided(Invocation call, SymInt x, SymInt y) {
    if (call.name().equals("div") && !call.gives("rounding_mode")) {
      throw ProgramRefusal.unsupported("a real quotient of the batch size");
    }
    return SymInts.floorDivide(x, y);
  }

  private static boolean isBatchNumber(IValue ivalue) {
    return ivalue instanceof TensorRef tensor && tensor.content() instanceof Content.BatchNumber;
  }

  /**
   * A computed tensor of rank 0 as a plain number: what a scripted program has at the same place.
   */
  static Optional<IValue> simpler(Invocation call) {
    if (call.allKnown() || call.has("rounding_mode")) {
      return Optional.empty();
    }
    Optional<IValue> right = asNumber(call.get("other"), call.get("self"));
    if (right.isPresent()) {
      return Optional.of(call.call(call.name(), call.get("self"), right.get()));
    }
    boolean commutes = call.name().equals("add") || call.name().equals("mul");
    return commutes
        ? asNumber(call.get("self"), call.get("other"))
            .map(left -> call.call(call.name(), call.get("other"), left))
        : Optional.empty();
  }

  private static Optional<IValue> asNumber(IValue operand, IValue partner) {
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
            ? new IValue.Real(value.doubleAt(value.offset()))
            : IValue.number(value.longAt(value.offset())));
  }

  static IValue binary(
      Invocation call,
      DType dtype,
      DoubleBinaryOperator reals,
      Optional<LongBinaryOperator> integers) {
    IValue a = call.get("self");
    IValue b = call.get("other");
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
    return Elements.integers(call.budget(), dtype, shape, i -> function.applyAsLong(x[i], y[i]));
  }

  /** A function of two known operands, in the type that they meet in. */
  static IValue evaluated(Invocation call, IValue a, IValue b, DoubleBinaryOperator function) {
    return evaluated(call, Shapes.promote(a, b), a, b, function);
  }

  private static IValue evaluated(
      Invocation call, DType dtype, IValue a, IValue b, DoubleBinaryOperator function) {
    long[] shape = Shapes.constants(shape(a, b));
    double[] x = operand(call, a, shape).toDoubles();
    double[] y = operand(call, b, shape).toDoubles();
    // PyTorch brings both operands to float32 first: a number is rounded before it is used.
    boolean single = dtype == DType.FLOAT32;
    return Elements.reals(
        call.budget(),
        dtype,
        shape,
        i ->
            single
                ? function.applyAsDouble((float) x[i], (float) y[i])
                : function.applyAsDouble(x[i], y[i]));
  }

  static List<SymInt> shape(IValue a, IValue b) {
    List<SymInt> x = a instanceof TensorRef tensor ? tensor.shape() : List.of();
    List<SymInt> y = b instanceof TensorRef tensor ? tensor.shape() : List.of();
    return Shapes.broadcast(x, y);
  }

  /** A known operand, broadcast; a number is a tensor of rank 0. */
  static Tensor operand(Invocation call, IValue ivalue, long[] shape) {
    TensorRef ref = ivalue instanceof TensorRef tensor ? tensor : Scalars.ofNumber(ivalue);
    return Elements.expand(call.budget(), ref.tensor("an operand"), shape);
  }

  /**
   * Of a known tensor the function's values, of another one its decomposition, which rounds in
   * between, and to nothing near 0.
   */
  static void function(Map<String, Operator> table, String name, DoubleUnaryOperator function) {
    table.put(
        name, call -> call.allKnown() ? apply(call, function, Shapes::real) : call.decomposed());
  }

  /** The same of two operands. */
  static void ofTwo(Map<String, Operator> table, String name, DoubleBinaryOperator function) {
    table.put(
        name,
        call ->
            call.allKnown()
                ? evaluated(call, call.self(), call.get("other"), function)
                : call.decomposed());
  }

  static void keepType(Map<String, Operator> table, String name, DoubleUnaryOperator function) {
    table.put(name, call -> apply(call, function, Function.identity()));
  }

  static void toReal(Map<String, Operator> table, String name, DoubleUnaryOperator function) {
    table.put(name, call -> apply(call, function, Shapes::real));
  }

  static IValue apply(Invocation call, DoubleUnaryOperator function, Function<DType, DType> type) {
    TensorRef self = call.self();
    DType dtype = type.apply(self.dtype());
    if (!call.allKnown()) {
      return call.with(call.schema().parameters().get(0).name(), converted(call, dtype))
          .record(dtype, self.shape());
    }
    Tensor tensor = self.tensor(call.operator());
    double[] values = tensor.toDoubles();
    return Elements.reals(
        call.budget(), dtype, tensor.shape(), i -> function.applyAsDouble(values[i]));
  }

  /** Integers are real numbers before a function takes them. */
  private static IValue converted(Invocation call, DType dtype) {
    boolean changes = dtype.isFloating() && !call.self().dtype().isFloating();
    return changes ? call.call("to", call.self(), IValue.number(dtype.scalarType())) : call.self();
  }

  static IValue recorded(Invocation call) {
    DType dtype = Shapes.real(call.self().dtype());
    return call.with("self", converted(call, dtype)).record(dtype, call.self().shape());
  }

  static IValue bounded(Invocation call, String low, String high) {
    double min = call.isNone(low) ? Double.NEGATIVE_INFINITY : call.real(low);
    double max = call.isNone(high) ? Double.POSITIVE_INFINITY : call.real(high);
    return apply(call, x -> Math.min(Math.max(x, min), max), Function.identity());
  }
}
