package dev.lapidary.torchscript.trace.call;

import dev.lapidary.core.tensor.DType;
import dev.lapidary.core.tensor.Tensor;
import dev.lapidary.torchscript.graph.Argument;
import dev.lapidary.torchscript.graph.Schema;
import dev.lapidary.torchscript.graph.SymInt;
import dev.lapidary.torchscript.trace.limit.Budget;
import dev.lapidary.torchscript.trace.limit.ProgramRefusal;
import dev.lapidary.torchscript.trace.value.IValue;
import dev.lapidary.torchscript.trace.value.QuantizationParameters;
import dev.lapidary.torchscript.trace.value.Shapes;
import dev.lapidary.torchscript.trace.value.SymInts;
import dev.lapidary.torchscript.trace.value.TensorRef;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;

/** A call of an operator: the schema that it means, with an argument for each parameter. */
public record Invocation(Dispatcher dispatcher, Schema schema, List<IValue> arguments) {
  /** A call of an operator's first overload. */
  static Invocation of(Dispatcher dispatcher, String operator, List<IValue> arguments) {
    return new Invocation(dispatcher, Schemas.first(operator), arguments);
  }

  /** What the program may still use up. */
  public Budget budget() {
    return dispatcher.budget();
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

  public IValue get(String parameter) {
    return arguments.get(schema.indexOf(parameter));
  }

  /** Whether the overload has the parameter, and the call a value for it. */
  public boolean gives(String parameter) {
    return has(parameter) && !isNone(parameter);
  }

  public boolean isNone(String parameter) {
    return get(parameter) == IValue.None.NONE;
  }

  /** The first argument, which most operators work on. */
  public TensorRef self() {
    return (TensorRef) arguments.get(0);
  }

  public TensorRef tensor(String parameter) {
    return (TensorRef) get(parameter);
  }

  /** PyTorch multiplies elements of one type; images come as float32. */
  public void requireTypeOf(TensorRef input, TensorRef weight) {
    if (input.dtype() != weight.dtype()) {
      throw ProgramRefusal.wrong(
          "%s of %s by %s: images come as float32; save the network as model.float(), and"
              + " --quantize fp16 makes the file small",
          operator(), input.dtype(), weight.dtype());
    }
  }

  public List<TensorRef> tensors(String parameter) {
    return get(parameter).toList().stream().map(TensorRef.class::cast).toList();
  }

  public SymInt dim(String parameter) {
    return ((IValue.Int) get(parameter)).value();
  }

  public List<SymInt> dims(String parameter) {
    return get(parameter).toList().stream().map(d -> ((IValue.Int) d).value()).toList();
  }

  public long integer(String parameter) {
    return SymInts.constant(dim(parameter));
  }

  public long[] integers(String parameter) {
    return get(parameter).toList().stream()
        .mapToLong(d -> SymInts.constant(((IValue.Int) d).value()))
        .toArray();
  }

  /**
   * The dimension {@code dim} of the first tensor, which must not be the batch.
   *
   * @param otherwise what the operator would do then
   */
  public int ownDimension(String otherwise) {
    List<SymInt> shape = self().shape();
    int dim = Shapes.dimension(integer("dim"), shape.size());
    if (shape.isEmpty() || shape.get(dim).perBatch()) {
      throw ProgramRefusal.unsupported(
          "%s along dimension %d of %s: %s", operator(), dim, shape, otherwise);
    }
    return dim;
  }

  public double real(String parameter) {
    return get(parameter).toDouble();
  }

  public List<Double> reals(String parameter) {
    return get(parameter).toList().stream().map(IValue::toDouble).toList();
  }

  public boolean flag(String parameter) {
    return ((IValue.Bool) get(parameter)).value();
  }

  public String text(String parameter) {
    return ((IValue.Str) get(parameter)).value();
  }

  /** The element type that a parameter such as {@code dtype} names. */
  public Optional<DType> dtype(String parameter) {
    return isNone(parameter) ? Optional.empty() : Optional.of(dtypeOf(integer(parameter)));
  }

  public static DType dtypeOf(long scalarType) {
    return DType.ofScalarType(scalarType)
        .orElseThrow(() -> ProgramRefusal.unsupported("element type %d", scalarType));
  }

  /** Whether every tensor argument is known, so that the operator can be evaluated. */
  public boolean allKnown() {
    return arguments.stream()
        .flatMap(IValue::flat)
        .allMatch(value -> !(value instanceof TensorRef tensor) || tensor.isKnown());
  }

  public Tensor known(String parameter) {
    return tensor(parameter).tensor("argument " + parameter + " of " + operator());
  }

  /** Records the call as it is, with one output. */
  public TensorRef record(DType dtype, List<SymInt> shape) {
    return recordAll(List.of(dtype), List.of(shape)).get(0);
  }

  /** Records another operator with one output. */
  public TensorRef record(String operator, List<IValue> given, DType dtype, List<SymInt> shape) {
    return of(dispatcher, operator, given).record(dtype, shape);
  }

  /** Records the call with an output for each shape. */
  public List<TensorRef> recordAll(List<DType> dtypes, List<List<SymInt>> shapes) {
    if (allKnown()) {
      // A constant all the same, which the runtime computes when it loads the file.
      for (int i = 0; i < shapes.size(); i++) {
        if (Shapes.isConstant(shapes.get(i))) {
          long count = SymInts.product(shapes.get(i)).factor();
          budget().allocate(Math.multiplyExact(count, dtypes.get(i).bytes()));
        }
      }
    }
    List<Argument> bound = arguments.stream().map(dispatcher::argument).toList();
    return dispatcher.recorder().node(schema, bound, dtypes, shapes);
  }

  /** The grid of the first tensor, if it is quantized. */
  public Optional<QuantizationParameters> quantization() {
    return arguments.isEmpty() ? Optional.empty() : arguments.get(0).quantization();
  }

  /** The same call with another argument. */
  public Invocation with(String parameter, IValue value) {
    List<IValue> changed = new ArrayList<>(arguments);
    changed.set(schema.indexOf(parameter), value);
    return new Invocation(dispatcher, schema, changed);
  }

  /** The value by the operators that this one is made of. */
  public IValue decomposed() {
    return decomposed(name());
  }

  /**
   * @param function of the text, with parameters of this operator's names
   */
  public IValue decomposed(String function) {
    return dispatcher.decompose(function, this);
  }

  /** Calls another operator of the same namespace. */
  public IValue call(String name, IValue... positional) {
    return dispatcher.aten(name, positional);
  }

  public TensorRef callTensor(String name, IValue... positional) {
    return (TensorRef) call(name, positional);
  }
}
