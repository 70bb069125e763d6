package dev.lapidary.torchscript.trace;

import dev.lapidary.core.tensor.DType;
import dev.lapidary.core.tensor.Tensor;
import dev.lapidary.torchscript.graph.Argument;
import dev.lapidary.torchscript.graph.Dim;
import dev.lapidary.torchscript.graph.Schema;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;

/** A call of an operator: the schema that it means, with an argument for each parameter. */
final class Invocation {
  private final Operators operators;
  private final Schema schema;
  private final List<Datum> arguments;

  Invocation(Operators operators, Schema schema, List<Datum> arguments) {
    this.operators = operators;
    this.schema = schema;
    this.arguments = arguments;
  }

  /** A call of an operator's first overload. */
  static Invocation of(Operators operators, String operator, List<Datum> arguments) {
    return new Invocation(operators, Schemas.first(operator), arguments);
  }

  Operators operators() {
    return operators;
  }

  Schema schema() {
    return schema;
  }

  List<Datum> arguments() {
    return arguments;
  }

  String operator() {
    return schema.operator();
  }

  /** The name behind {@code aten::}. */
  String name() {
    return schema.operator().substring(schema.operator().indexOf("::") + 2);
  }

  boolean has(String parameter) {
    return schema.parameters().stream().anyMatch(p -> p.name().equals(parameter));
  }

  Datum get(String parameter) {
    return arguments.get(schema.indexOf(parameter));
  }

  boolean isNone(String parameter) {
    return get(parameter) == Datum.None.NONE;
  }

  /** The first argument, which most operators work on. */
  TensorRef self() {
    return (TensorRef) arguments.get(0);
  }

  TensorRef tensor(String parameter) {
    return (TensorRef) get(parameter);
  }

  Optional<TensorRef> optionalTensor(String parameter) {
    return isNone(parameter) ? Optional.empty() : Optional.of(tensor(parameter));
  }

  /** PyTorch multiplies elements of one type; images come as float32. */
  void requireTypeOf(TensorRef input, TensorRef weight) {
    if (input.dtype() != weight.dtype()) {
      throw Refusal.wrong(
          "%s of %s by %s: images come as float32; save the network as model.float(), and"
              + " --quantize fp16 makes the file small",
          operator(), input.dtype(), weight.dtype());
    }
  }

  List<TensorRef> tensors(String parameter) {
    return items(get(parameter)).stream().map(TensorRef.class::cast).toList();
  }

  Dim dim(String parameter) {
    return ((Datum.Int) get(parameter)).value();
  }

  List<Dim> dims(String parameter) {
    return items(get(parameter)).stream().map(d -> ((Datum.Int) d).value()).toList();
  }

  long integer(String parameter) {
    return constant(dim(parameter));
  }

  long[] integers(String parameter) {
    return items(get(parameter)).stream()
        .mapToLong(d -> constant(((Datum.Int) d).value()))
        .toArray();
  }

  double real(String parameter) {
    return number(get(parameter));
  }

  List<Double> reals(String parameter) {
    return items(get(parameter)).stream().map(Invocation::number).toList();
  }

  boolean flag(String parameter) {
    return ((Datum.Bool) get(parameter)).value();
  }

  String text(String parameter) {
    return ((Datum.Str) get(parameter)).value();
  }

  /** The element type that a parameter such as {@code dtype} names. */
  Optional<DType> dtype(String parameter) {
    return isNone(parameter) ? Optional.empty() : Optional.of(dtypeOf(integer(parameter)));
  }

  static DType dtypeOf(long scalarType) {
    return DType.ofScalarType(scalarType)
        .orElseThrow(() -> Refusal.unsupported("element type %d", scalarType));
  }

  /** Whether every tensor argument is known, so that the operator can be evaluated. */
  boolean allKnown() {
    return arguments.stream().allMatch(Invocation::isKnown);
  }

  private static boolean isKnown(Datum datum) {
    if (datum instanceof TensorRef tensor) {
      return tensor.isKnown();
    }
    return !(datum instanceof Datum.ListOf list)
        || list.items().stream().allMatch(i -> !(i instanceof TensorRef t) || t.isKnown());
  }

  Tensor known(String parameter) {
    return tensor(parameter).tensor("argument " + parameter + " of " + operator());
  }

  /** Records the call as it is, with one output. */
  TensorRef record(DType dtype, List<Dim> shape) {
    return recordAll(List.of(dtype), List.of(shape)).get(0);
  }

  /** Records another operator with one output. */
  TensorRef record(String operator, List<Datum> given, DType dtype, List<Dim> shape) {
    return of(operators, operator, given).record(dtype, shape);
  }

  /** Records the call with an output for each shape. */
  List<TensorRef> recordAll(List<DType> dtypes, List<List<Dim>> shapes) {
    if (allKnown()) {
      // A constant all the same, which the runtime computes when it loads the file.
      for (int i = 0; i < shapes.size(); i++) {
        if (Shapes.isConstant(shapes.get(i))) {
          long count = Dims.product(shapes.get(i)).factor();
          operators.budget().allocate(Math.multiplyExact(count, dtypes.get(i).bytes()));
        }
      }
    }
    List<Argument> bound = new ArrayList<>();
    for (Datum datum : arguments) {
      bound.add(operators.argument(datum));
    }
    return operators.recorder().node(schema, bound, dtypes, shapes);
  }

  /** The grid of the first tensor, if it is quantized. */
  Optional<Grid> grid() {
    return arguments.isEmpty() ? Optional.empty() : OnGrid.of(arguments.get(0));
  }

  /** The same call with another argument. */
  Invocation with(String parameter, Datum value) {
    List<Datum> changed = new ArrayList<>(arguments);
    changed.set(schema.indexOf(parameter), value);
    return new Invocation(operators, schema, changed);
  }

  /** Calls another operator of the same namespace. */
  Datum call(String name, Datum... positional) {
    return operators.call("aten::" + name, List.of(positional), java.util.Map.of());
  }

  TensorRef callTensor(String name, Datum... positional) {
    return (TensorRef) call(name, positional);
  }

  static List<Datum> items(Datum datum) {
    if (datum instanceof Datum.ListOf list) {
      return list.items();
    }
    if (datum instanceof Datum.TupleOf tuple) {
      return tuple.items();
    }
    throw Refusal.wrong("expected a list, found %s", Datum.describe(datum));
  }

  static double number(Datum datum) {
    if (datum instanceof Datum.Real real) {
      return real.value();
    }
    if (datum instanceof Datum.Bool bool) {
      return bool.value() ? 1 : 0;
    }
    if (datum instanceof Datum.Int integer) {
      return constant(integer.value());
    }
    throw Refusal.wrong("expected a number, found %s", Datum.describe(datum));
  }

  static long constant(Dim dim) {
    if (dim.perBatch()) {
      throw Refusal.unsupported("the number %s must not depend on the batch size", dim);
    }
    return dim.factor();
  }
}
