package dev.lapidary.torchscript.trace.call;

import dev.lapidary.core.tensor.DType;
import dev.lapidary.core.tensor.Tensor;
import dev.lapidary.torchscript.graph.Argument;
import dev.lapidary.torchscript.graph.Dim;
import dev.lapidary.torchscript.graph.Schema;
import dev.lapidary.torchscript.trace.limit.Refusal;
import dev.lapidary.torchscript.trace.value.Datum;
import dev.lapidary.torchscript.trace.value.Dims;
import dev.lapidary.torchscript.trace.value.Grid;
import dev.lapidary.torchscript.trace.value.Shapes;
import dev.lapidary.torchscript.trace.value.TensorRef;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;

/** A call of an operator: the schema that it means, with an argument for each parameter. */
public final class Invocation {
  private final Dispatcher dispatcher;
  private final Schema schema;
  private final List<Datum> arguments;

  public Invocation(Dispatcher dispatcher, Schema schema, List<Datum> arguments) {
    this.dispatcher = dispatcher;
    this.schema = schema;
    this.arguments = arguments;
  }

  /** A call of an operator's first overload. */
  static Invocation of(Dispatcher dispatcher, String operator, List<Datum> arguments) {
    return new Invocation(dispatcher, Schemas.first(operator), arguments);
  }

  public Dispatcher dispatcher() {
    return dispatcher;
  }

  public Schema schema() {
    return schema;
  }

  public List<Datum> arguments() {
    return arguments;
  }

  public String operator() {
    return schema.operator();
  }

  /** The name behind {@code aten::}. */
  public String name() {
    return schema.operator().substring(schema.operator().indexOf("::") + 2);
  }

  public boolean has(String parameter) {
    return schema.parameters().stream().anyMatch(p -> p.name().equals(parameter));
  }

  public Datum get(String parameter) {
    return arguments.get(schema.indexOf(parameter));
  }

  public boolean isNone(String parameter) {
    return get(parameter) == Datum.None.NONE;
  }

  /** The first argument, which most operators work on. */
  public TensorRef self() {
    return (TensorRef) arguments.get(0);
  }

  public TensorRef tensor(String parameter) {
    return (TensorRef) get(parameter);
  }

  public Optional<TensorRef> optionalTensor(String parameter) {
    return isNone(parameter) ? Optional.empty() : Optional.of(tensor(parameter));
  }

  /** PyTorch multiplies elements of one type; images come as float32. */
  public void requireTypeOf(TensorRef input, TensorRef weight) {
    if (input.dtype() != weight.dtype()) {
      throw Refusal.wrong(
          "%s of %s by %s: images come as float32; save the network as model.float(), and"
              + " --quantize fp16 makes the file small",
          operator(), input.dtype(), weight.dtype());
    }
  }

  public List<TensorRef> tensors(String parameter) {
    return get(parameter).toList().stream().map(TensorRef.class::cast).toList();
  }

  public Dim dim(String parameter) {
    return ((Datum.Int) get(parameter)).value();
  }

  public List<Dim> dims(String parameter) {
    return get(parameter).toList().stream().map(d -> ((Datum.Int) d).value()).toList();
  }

  public long integer(String parameter) {
    return Dims.constant(dim(parameter));
  }

  public long[] integers(String parameter) {
    return get(parameter).toList().stream()
        .mapToLong(d -> Dims.constant(((Datum.Int) d).value()))
        .toArray();
  }

  public double real(String parameter) {
    return get(parameter).toDouble();
  }

  public List<Double> reals(String parameter) {
    return get(parameter).toList().stream().map(Datum::toDouble).toList();
  }

  public boolean flag(String parameter) {
    return ((Datum.Bool) get(parameter)).value();
  }

  public String text(String parameter) {
    return ((Datum.Str) get(parameter)).value();
  }

  /** The element type that a parameter such as {@code dtype} names. */
  public Optional<DType> dtype(String parameter) {
    return isNone(parameter) ? Optional.empty() : Optional.of(dtypeOf(integer(parameter)));
  }

  public static DType dtypeOf(long scalarType) {
    return DType.ofScalarType(scalarType)
        .orElseThrow(() -> Refusal.unsupported("element type %d", scalarType));
  }

  /** Whether every tensor argument is known, so that the operator can be evaluated. */
  public boolean allKnown() {
    return arguments.stream().allMatch(Invocation::isKnown);
  }

  private static boolean isKnown(Datum datum) {
    if (datum instanceof TensorRef tensor) {
      return tensor.isKnown();
    }
    return !(datum instanceof Datum.ListOf list)
        || list.items().stream().allMatch(i -> !(i instanceof TensorRef t) || t.isKnown());
  }

  public Tensor known(String parameter) {
    return tensor(parameter).tensor("argument " + parameter + " of " + operator());
  }

  /** Records the call as it is, with one output. */
  public TensorRef record(DType dtype, List<Dim> shape) {
    return recordAll(List.of(dtype), List.of(shape)).get(0);
  }

  /** Records another operator with one output. */
  public TensorRef record(String operator, List<Datum> given, DType dtype, List<Dim> shape) {
    return of(dispatcher, operator, given).record(dtype, shape);
  }

  /** Records the call with an output for each shape. */
  public List<TensorRef> recordAll(List<DType> dtypes, List<List<Dim>> shapes) {
    if (allKnown()) {
      // A constant all the same, which the runtime computes when it loads the file.
      for (int i = 0; i < shapes.size(); i++) {
        if (Shapes.isConstant(shapes.get(i))) {
          long count = Dims.product(shapes.get(i)).factor();
          dispatcher.budget().allocate(Math.multiplyExact(count, dtypes.get(i).bytes()));
        }
      }
    }
    List<Argument> bound = new ArrayList<>();
    for (Datum datum : arguments) {
      bound.add(dispatcher.argument(datum));
    }
    return dispatcher.recorder().node(schema, bound, dtypes, shapes);
  }

  /** The grid of the first tensor, if it is quantized. */
  public Optional<Grid> grid() {
    return arguments.isEmpty() ? Optional.empty() : arguments.get(0).grid();
  }

  /** The same call with another argument. */
  public Invocation with(String parameter, Datum value) {
    List<Datum> changed = new ArrayList<>(arguments);
    changed.set(schema.indexOf(parameter), value);
    return new Invocation(dispatcher, schema, changed);
  }

  /** Calls another operator of the same namespace. */
  public Datum call(String name, Datum... positional) {
    return dispatcher.call("aten::" + name, List.of(positional), java.util.Map.of());
  }

  public TensorRef callTensor(String name, Datum... positional) {
    return (TensorRef) call(name, positional);
  }
}
