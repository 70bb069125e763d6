package dev.lapidary.torchscript.trace.operator;

import dev.lapidary.core.tensor.DType;
import dev.lapidary.torchscript.graph.SymInt;
import dev.lapidary.torchscript.trace.call.Invocation;
import dev.lapidary.torchscript.trace.call.Operator;
import dev.lapidary.torchscript.trace.limit.ProgramRefusal;
import dev.lapidary.torchscript.trace.value.Elements;
import dev.lapidary.torchscript.trace.value.IValue;
import dev.lapidary.torchscript.trace.value.Scalars;
import dev.lapidary.torchscript.trace.value.Shapes;
import dev.lapidary.torchscript.trace.value.TensorRef;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/** Creation Ops: tensors out of sizes and numbers. */
final class Creations {

  private static final IValue ZERO = IValue.number(0);
  private static final IValue ONE = IValue.number(1);

  private Creations() {}

  static void addTo(Map<String, Operator> table) {
    table.put("full", Creations::full);
    table.put("zeros", call -> fill(call, call.dims("size"), ZERO, DType.FLOAT32));
    table.put("empty", call -> fill(call, call.dims("size"), ZERO, DType.FLOAT32));
    table.put("ones", call -> fill(call, call.dims("size"), ONE, DType.FLOAT32));
    table.put("zeros_like", call -> likeSelf(call, call.self().shape(), ZERO));
    table.put("empty_like", call -> likeSelf(call, call.self().shape(), ZERO));
    table.put("ones_like", call -> likeSelf(call, call.self().shape(), ONE));
    table.put("new_zeros", call -> likeSelf(call, call.dims("size"), ZERO));
    table.put("new_empty", call -> likeSelf(call, call.dims("size"), ZERO));
    table.put("new_ones", call -> likeSelf(call, call.dims("size"), ONE));
    table.put("full_like", call -> likeSelf(call, call.self().shape(), call.get("fill_value")));
    table.put("new_full", call -> likeSelf(call, call.dims("size"), call.get("fill_value")));
    table.put("arange", Creations::arange);
    table.put("tensor", Creations::tensor);
    table.put("as_tensor", Creations::asTensor);
    table.put("scalar_tensor", call -> typed(call, call.get("s"), DType.FLOAT32));
    table.put("linspace", Creations::linspace);
    table.put("eye", Creations::eye);
  }

  private static IValue likeSelf(Invocation call, List<SymInt> size, IValue value) {
    return fill(call, size, value, call.self().dtype());
  }

  private static IValue fill(Invocation call, List<SymInt> size, IValue value, DType otherwise) {
    return filled(call, size, value, call.dtype("dtype").orElse(otherwise));
  }

  /** {@code aten::full} of an element type. */
  static IValue filled(Invocation call, List<SymInt> size, IValue value, DType dtype) {
    return call.dispatcher()
        .call(
            "aten::full",
            List.of(IValue.ints(size), value),
            Map.of("dtype", IValue.number(dtype.scalarType())));
  }

  private static IValue full(Invocation call) {
    List<SymInt> size = call.dims("size");
    IValue value = call.get("fill_value");
    DType dtype = call.dtype("dtype").orElseGet(() -> Shapes.ofNumber(value));
    if (!Shapes.isConstant(size)) {
      IValue none = IValue.None.NONE;
      return call.with("dtype", IValue.number(dtype.scalarType()))
          .with("layout", none)
          .with("device", none)
          .with("pin_memory", none)
          .record(dtype, size);
    }
    double number = value.toDouble();
    return Elements.reals(call.budget(), dtype, Shapes.constants(size), i -> number);
  }

  private static IValue arange(Invocation call) {
    IValue start = call.has("start") ? call.get("start") : ZERO;
    IValue end = call.get("end");
    IValue step = call.has("step") ? call.get("step") : ONE;
    boolean real =
        start instanceof IValue.Real || end instanceof IValue.Real || step instanceof IValue.Real;
    DType dtype = call.dtype("dtype").orElse(real ? DType.FLOAT32 : DType.INT64);
    if (end instanceof IValue.Int i && i.value().perBatch()) {
      return numbered(call, start, i.value(), step, dtype);
    }
    double from = start.toDouble();
    double by = step.toDouble();
    double count = Math.ceil((end.toDouble() - from) / by);
    if (!(count >= 0 && count <= Integer.MAX_VALUE)) {
      throw ProgramRefusal.wrong("arange with %s elements", count);
    }
    return Elements.reals(call.budget(), dtype, new long[] {(long) count}, i -> from + i * by);
  }

  /** The samples' numbers, which {@code x[torch.arange(n), i]} takes one of each by. */
  private static IValue numbered(
      Invocation call, IValue start, SymInt count, IValue step, DType dtype) {
    boolean plain = start.toDouble() == 0 && step.toDouble() == 1;
    if (!plain || dtype != DType.INT64) {
      throw ProgramRefusal.unsupported(
          "%s to the batch size, in other steps than 0, 1, 2, ..", call.operator());
    }
    IValue none = IValue.None.NONE;
    return call.record(
        call.operator(),
        List.of(new IValue.Int(count), none, none, none, none),
        dtype,
        List.of(count));
  }

  private static IValue asTensor(Invocation call) {
    if (call.get(call.has("data") ? "data" : "t") instanceof TensorRef tensor) {
      return call.isNone("dtype") ? tensor : call.call("to", tensor, call.get("dtype"));
    }
    return tensor(call);
  }

  private static IValue tensor(Invocation call) {
    IValue data = call.has("data") ? call.get("data") : call.get("t");
    List<Long> shape = new ArrayList<>();
    List<IValue> flat = Elements.numbers(call.budget(), data, shape);
    if (flat.size() == 1 && shape.isEmpty()) {
      return typed(call, flat.get(0), Shapes.ofNumber(flat.get(0)));
    }
    DType natural =
        flat.stream()
            .map(Shapes::ofNumber)
            .reduce((a, b) -> Shapes.kind(a) >= Shapes.kind(b) ? a : b)
            .orElse(DType.FLOAT32);
    return Elements.reals(
        call.budget(),
        call.dtype("dtype").orElse(natural),
        shape.stream().mapToLong(Long::longValue).toArray(),
        i -> flat.get(i).toDouble());
  }

  /** A tensor of rank 0; of a batch size it stays symbolic. */
  private static IValue typed(Invocation call, IValue number, DType otherwise) {
    Optional<DType> wanted = call.dtype("dtype");
    if (number instanceof IValue.Int i && i.value().perBatch()) {
      if (wanted.orElse(DType.INT64) != DType.INT64) {
        throw ProgramRefusal.unsupported("the batch size as data of a tensor");
      }
      return Scalars.ofInteger(i.value());
    }
    if (number instanceof IValue.Int i) {
      return Elements.integers(
          call.budget(), wanted.orElse(otherwise), new long[0], j -> i.value().factor());
    }
    return Elements.reals(
        call.budget(), wanted.orElse(otherwise), new long[0], j -> number.toDouble());
  }

  /** From both ends, as PyTorch: both are met exactly. */
  private static IValue linspace(Invocation call) {
    double start = call.real("start");
    double end = call.real("end");
    int steps = Math.toIntExact(call.integer("steps"));
    if (steps < 0) {
      throw ProgramRefusal.wrong("linspace of %d steps", steps);
    }
    double step = steps < 2 ? 0 : (end - start) / (steps - 1);
    return Elements.reals(
        call.budget(),
        call.dtype("dtype").orElse(DType.FLOAT32),
        new long[] {steps},
        i -> i < (steps + 1) / 2 ? start + i * step : end - (steps - 1 - i) * step);
  }

  private static IValue eye(Invocation call) {
    long rows = call.integer("n");
    long columns = call.has("m") ? call.integer("m") : rows;
    if (rows < 0 || columns < 0) {
      throw ProgramRefusal.wrong("eye of %d rows and %d columns", rows, columns);
    }
    return Elements.reals(
        call.budget(),
        call.dtype("dtype").orElse(DType.FLOAT32),
        new long[] {rows, columns},
        i -> i / columns == i % columns ? 1 : 0);
  }
}
