package dev.lapidary.torchscript.trace.operator;

import dev.lapidary.core.tensor.DType;
import dev.lapidary.core.tensor.Tensor;
import dev.lapidary.torchscript.graph.Dim;
import dev.lapidary.torchscript.trace.builtin.NumberBuiltins;
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
import java.util.function.DoubleBinaryOperator;
import java.util.function.LongBinaryOperator;

/** Operators of two operands that broadcast: arithmetic, comparison, choice. */
public final class ArithmeticOperators {
  private ArithmeticOperators() {}

  public static void addTo(Map<String, Operator> table) {
    table.put("add", call -> scaled(call, (a, b) -> a + b, Math::addExact));
    table.put("sub", call -> scaled(call, (a, b) -> a - b, Math::subtractExact));
    table.put("rsub", ArithmeticOperators::reversedSubtract);
    table.put("mul", call -> arithmetic(call, (a, b) -> a * b, Math::multiplyExact));
    table.put("div", ArithmeticOperators::divide);
    table.put("true_divide", call -> call.call("div", call.get("self"), call.get("other")));
    table.put(
        "floor_divide", call -> arithmetic(call, (a, b) -> Math.floor(a / b), Math::floorDiv));
    table.put(
        "remainder", call -> arithmetic(call, (a, b) -> a - b * Math.floor(a / b), Math::floorMod));
    table.put("fmod", call -> arithmetic(call, (a, b) -> a % b, (a, b) -> a % b));
    table.put("pow", ArithmeticOperators::power);
    table.put("maximum", call -> arithmetic(call, Math::max, Math::max));
    table.put("minimum", call -> arithmetic(call, Math::min, Math::min));
    table.put("addcmul", call -> combined(call, "mul"));
    table.put("addcdiv", call -> combined(call, "div"));
    table.put("lerp", ArithmeticOperators::interpolated);
    compare(table, "eq", (a, b) -> a == b ? 1 : 0);
    compare(table, "ne", (a, b) -> a != b ? 1 : 0);
    compare(table, "lt", (a, b) -> a < b ? 1 : 0);
    compare(table, "le", (a, b) -> a <= b ? 1 : 0);
    compare(table, "gt", (a, b) -> a > b ? 1 : 0);
    compare(table, "ge", (a, b) -> a >= b ? 1 : 0);
    compare(table, "logical_and", (a, b) -> a != 0 && b != 0 ? 1 : 0);
    compare(table, "logical_or", (a, b) -> a != 0 || b != 0 ? 1 : 0);
    table.put("where", ArithmeticOperators::where);
    table.put("masked_fill", ArithmeticOperators::maskedFill);
  }

  private static void compare(
      Map<String, Operator> table, String name, DoubleBinaryOperator function) {
    table.put(name, call -> binary(call, DType.BOOL, function, Optional.empty()));
  }

  /** {@code add} and {@code sub}, whose second operand a factor may scale. */
  private static Datum scaled(
      Invocation call, DoubleBinaryOperator reals, LongBinaryOperator integers) {
    if (call.get("alpha").toDouble() == 1) {
      return arithmetic(call, reals, integers);
    }
    Datum product =
        call.get("other") instanceof TensorRef other
            ? call.call("mul", other, call.get("alpha"))
            : NumberBuiltins.binary("mul", call.get("other"), call.get("alpha"));
    return call.call(call.name(), call.self(), product);
  }

  private static Datum reversedSubtract(Invocation call) {
    if (call.get("other") instanceof TensorRef other) {
      return call.call("sub", other, call.self());
    }
    return scaledReverse(call);
  }

  private static Datum scaledReverse(Invocation call) {
    if (call.get("alpha").toDouble() != 1) {
      throw Refusal.unsupported("rsub with alpha");
    }
    return arithmetic(call, (a, b) -> b - a, (a, b) -> Math.subtractExact(b, a));
  }

  private static Datum divide(Invocation call) {
    boolean plain = !call.has("rounding_mode") || call.isNone("rounding_mode");
    if (plain) {
      DType dtype = Shapes.real(Shapes.promote(call.get("self"), call.get("other")));
      return number(call)
          .or(() -> simpler(call))
          .orElseGet(() -> binary(call, dtype, (a, b) -> a / b, Optional.empty()));
    }
    if (call.text("rounding_mode").equals("floor")) {
      return arithmetic(call, (a, b) -> Math.floor(a / b), Math::floorDiv);
    }
    return arithmetic(
        call, (a, b) -> a / b < 0 ? Math.ceil(a / b) : Math.floor(a / b), (a, b) -> a / b);
  }

  /** {@code self + value * (tensor1 * tensor2)}, or their quotient. */
  private static Datum combined(Invocation call, String operator) {
    Datum term = call.call(operator, call.get("tensor1"), call.get("tensor2"));
    if (call.get("value").toDouble() != 1) {
      term = call.call("mul", term, call.get("value"));
    }
    return call.call("add", call.self(), term);
  }

  private static Datum interpolated(Invocation call) {
    Datum way = call.call("sub", call.get("end"), call.self());
    return call.call("add", call.self(), call.call("mul", way, call.get("weight")));
  }

  private static Datum power(Invocation call) {
    if (!(call.get("self") instanceof TensorRef)) {
      DType dtype = Shapes.promote(call.get("self"), call.get("exponent"));
      TensorRef exponent = call.tensor("exponent");
      return call.allKnown()
          ? evaluated(call, dtype, call.get("self"), exponent, Math::pow)
          : call.record(dtype, exponent.shape());
    }
    DType dtype = Shapes.promote(call.self(), call.get("exponent"));
    List<Dim> shape = shape(call.self(), call.get("exponent"));
    return call.allKnown()
        ? evaluated(call, dtype, call.self(), call.get("exponent"), Math::pow)
        : call.record(dtype, shape);
  }

  private static Datum arithmetic(
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
  private static Optional<Datum> number(Invocation call) {
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
  private static Optional<Datum> simpler(Invocation call) {
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

  private static Datum binary(
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

  private static Datum evaluated(
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

  private static List<Dim> shape(Datum a, Datum b) {
    List<Dim> x = a instanceof TensorRef tensor ? tensor.shape() : List.of();
    List<Dim> y = b instanceof TensorRef tensor ? tensor.shape() : List.of();
    return Shapes.broadcast(x, y);
  }

  /** A known operand, broadcast; a number is a tensor of rank 0. */
  static Tensor operand(Invocation call, Datum datum, long[] shape) {
    TensorRef ref = datum instanceof TensorRef tensor ? tensor : Scalars.ofNumber(datum);
    return Elements.expand(call.dispatcher().budget(), ref.tensor("an operand"), shape);
  }

  private static Datum where(Invocation call) {
    if (!call.has("self")) {
      return new Datum.ListOf(Indexing.placesOf(call));
    }
    Datum self = call.get("self");
    Datum other = call.get("other");
    TensorRef condition = call.tensor("condition");
    DType dtype = Shapes.promote(self, other);
    List<Dim> shape = Shapes.broadcast(condition.shape(), shape(self, other));
    if (!call.allKnown()) {
      return call.record(dtype, shape);
    }
    long[] sizes = Shapes.constants(shape);
    long[] mask =
        Elements.expand(call.dispatcher().budget(), condition.tensor("where"), sizes).toLongs();
    double[] x = operand(call, self, sizes).toDoubles();
    double[] y = operand(call, other, sizes).toDoubles();
    return Elements.reals(
        call.dispatcher().budget(), dtype, sizes, i -> mask[i] != 0 ? x[i] : y[i]);
  }

  private static Datum maskedFill(Invocation call) {
    List<Dim> shape = Shapes.broadcast(call.self().shape(), call.tensor("mask").shape());
    DType dtype = call.self().dtype();
    if (!call.allKnown()) {
      return call.record(dtype, shape);
    }
    long[] sizes = Shapes.constants(shape);
    long[] mask = Elements.expand(call.dispatcher().budget(), call.known("mask"), sizes).toLongs();
    double[] x = operand(call, call.self(), sizes).toDoubles();
    double value =
        call.get("value") instanceof TensorRef tensor
            ? Scalars.single(tensor.tensor("masked_fill"))
            : call.real("value");
    return Elements.reals(
        call.dispatcher().budget(), dtype, sizes, i -> mask[i] != 0 ? value : x[i]);
  }
}
