package dev.lapidary.torchscript.trace;

import dev.lapidary.torchscript.graph.Argument;
import dev.lapidary.torchscript.graph.Schema;
import java.util.HashMap;
import java.util.IdentityHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.Set;
import java.util.stream.Collectors;
import java.util.stream.Stream;

/** Calls of aten operators: overload, in-place form, alias, then the operator itself. */
final class Operators {
  private static final Map<String, Operator> TABLE = table();
  private static final Set<String> RANDOM =
      Set.of(
          "bernoulli",
          "cauchy",
          "exponential",
          "geometric",
          "log_normal",
          "multinomial",
          "normal",
          "poisson",
          "rand",
          "randint",
          "randn",
          "random",
          "randperm",
          "uniform");
  private static final String FLOAT_MODEL =
      "; or give the float model, and --quantize to make it small";

  private final Recorder recorder;
  private final Budget budget;
  private final BatchLiterals literals;
  private final IdentityHashMap<PackedParams, TensorRef> packed = new IdentityHashMap<>();
  private final SourceCalls sourceCalls = new SourceCalls(this);

  Operators(Recorder recorder, Budget budget, BatchLiterals literals) {
    this.recorder = recorder;
    this.budget = budget;
    this.literals = literals;
  }

  private static Map<String, Operator> table() {
    Map<String, Operator> table = new HashMap<>();
    ConvolutionOperators.addTo(table);
    PoolingOperators.addTo(table);
    NormalizationOperators.addTo(table);
    ElementwiseOperators.addTo(table);
    ArithmeticOperators.addTo(table);
    ReductionOperators.addTo(table);
    RankingOperators.addTo(table);
    MatrixOperators.addTo(table);
    AttentionOperators.addTo(table);
    ShapeOperators.addTo(table);
    PartOperators.addTo(table);
    PlaceOperators.addTo(table);
    ScatterOperators.addTo(table);
    JoinOperators.addTo(table);
    FactoryOperators.addTo(table);
    CopyOperators.addTo(table);
    ResizeOperators.addTo(table);
    SamplingOperators.addTo(table);
    SequenceOperators.addTo(table);
    WindowOperators.addTo(table);
    StatisticsOperators.addTo(table);
    ActivationOperators.addTo(table);
    SeriesOperators.addTo(table);
    RecurrentOperators.addTo(table);
    CellOperators.addTo(table);
    DistanceOperators.addTo(table);
    VolumeOperators.addTo(table);
    DerivedOperators.addTo(table);
    MathOperators.addTo(table);
    DiagonalOperators.addTo(table);
    ArrangingOperators.addTo(table);
    LinearAlgebraOperators.addTo(table);
    QuantileOperators.addTo(table);
    ComplexOperators.addTo(table);
    FourierOperators.addTo(table);
    QuantizedOperators.addTo(table);
    FakeQuantizeOperators.addTo(table);
    return table;
  }

  /** Weights that are in the graph. */
  IdentityHashMap<PackedParams, TensorRef> packed() {
    return packed;
  }

  SourceCalls sourceCalls() {
    return sourceCalls;
  }

  /** Names of all operators, with their namespaces. */
  static Set<String> names() {
    Stream<String> called =
        Stream.concat(TABLE.keySet().stream(), ComplexOperators.TABLE.keySet().stream())
            .map(name -> name.contains("::") ? name : "aten::" + name);
    return Stream.concat(called, PackedParams.PACKING.stream()).collect(Collectors.toSet());
  }

  Recorder recorder() {
    return recorder;
  }

  Budget budget() {
    return budget;
  }

  BatchLiterals literals() {
    return literals;
  }

  /**
   * @param operator with its namespace: {@code aten::relu_}
   */
  Datum call(String operator, List<Datum> positional, Map<String, Datum> keywords) {
    if (PackedParams.packs(operator)) {
      return new Datum.Packed(PackedParams.of(recorder.scope(), positional));
    }
    String name = operator.substring(operator.indexOf("::") + 2);
    List<Schema> overloads = Schemas.all().get(operator);
    if (operator.startsWith("aten::") && overloads == null && name.endsWith("_")) {
      String functional = operator.substring(0, operator.length() - 1);
      if (Schemas.all().containsKey(functional)) {
        return inPlace(functional, positional, keywords);
      }
    }
    boolean complex = ComplexOperators.isIn(positional) || ComplexOperators.isIn(keywords.values());
    if (overloads == null && RANDOM.contains(name.replaceFirst("_like$|_$", ""))) {
      throw Refusal.unsupported(
          "%s: its result is random, and a file gives the same numbers each time", operator);
    }
    if (overloads == null) {
      throw Refusal.unsupported(
          "operator %s is not supported; %d are: 'exporter ops' lists them%s",
          operator, names().size(), remedy(operator));
    }
    Operator implementation = implementation(operator, complex);
    List<Datum> fitted = literals.widened(name, positional, this);
    Optional<Binder.Bound> bound =
        Binder.bind(overloads, fitted, keywords)
            .or(() -> Binder.bindOlder(overloads, fitted, keywords));
    if (bound.isEmpty()) {
      throw Refusal.unsupported(
          "no supported overload of %s takes (%s)", operator, shown(positional, keywords));
    }
    Invocation call = new Invocation(this, bound.get().schema(), bound.get().arguments());
    Datum result =
        operator.startsWith("aten::")
            ? OnGrid.apply(call, call.grid(), implementation)
            : implementation.apply(call);
    if (OnGrid.of(result).isPresent()) {
      sourceCalls.add(call, result);
    }
    return result;
  }

  private static String remedy(String operator) {
    if (operator.contains("mkldnn")) {
      return "; save the network before torch.jit.optimize_for_inference";
    }
    return operator.startsWith("quantized::") ? FLOAT_MODEL : "";
  }

  private static Operator implementation(String operator, boolean complex) {
    Operator found =
        (complex ? ComplexOperators.TABLE : TABLE).get(operator.replaceFirst("^aten::", ""));
    if (found == null) {
      throw Refusal.unsupported("%s of %s numbers", operator, complex ? "complex" : "real");
    }
    return found;
  }

  /** A call that is bound already, by what its operator does to real tensors. */
  Datum apply(Invocation call) {
    return Objects.requireNonNull(TABLE.get(call.name())).apply(call);
  }

  /** {@code relu_}: the functional operator, then its result is the tensor's new content. */
  private Datum inPlace(String functional, List<Datum> positional, Map<String, Datum> keywords) {
    if (positional.isEmpty() || !(positional.get(0) instanceof TensorRef self)) {
      throw Refusal.wrong("%s_ needs a tensor to change", functional);
    }
    Datum result = call(functional, positional, keywords);
    Mutation.write(self, (TensorRef) result, functional + "_", this);
    return self;
  }

  Argument argument(Datum datum) {
    if (datum instanceof TensorRef tensor) {
      return argument(tensor);
    }
    if (datum instanceof Datum.Int i) {
      return new Argument.Int(i.value());
    }
    if (datum instanceof Datum.Real real) {
      return new Argument.Real(real.value());
    }
    if (datum instanceof Datum.Bool bool) {
      return new Argument.Bool(bool.value());
    }
    if (datum instanceof Datum.Str text) {
      return new Argument.Str(text.value());
    }
    if (datum instanceof Datum.Device device) {
      return new Argument.Str(device.name());
    }
    if (datum instanceof Datum.ListOf || datum instanceof Datum.TupleOf) {
      return new Argument.ListOf(Invocation.items(datum).stream().map(this::argument).toList());
    }
    if (datum == Datum.None.NONE) {
      return Argument.None.NONE;
    }
    throw Refusal.unsupported("%s as an operator's argument", Datum.describe(datum));
  }

  private Argument argument(TensorRef tensor) {
    Content content = tensor.content();
    if (content instanceof Content.Known known) {
      return recorder.constant(known);
    }
    if (content instanceof Content.Traced traced) {
      return traced.value();
    }
    throw Refusal.unsupported("the batch size as data of a tensor");
  }

  private static String shown(List<Datum> positional, Map<String, Datum> keywords) {
    return positional.stream().map(Datum::describe).collect(Collectors.joining(", "))
        + keywords.entrySet().stream()
            .map(e -> ", " + e.getKey() + "=" + Datum.describe(e.getValue()))
            .collect(Collectors.joining());
  }
}
