package dev.lapidary.torchscript.trace;

import dev.lapidary.torchscript.graph.Argument;
import dev.lapidary.torchscript.graph.Schema;
import dev.lapidary.torchscript.trace.call.BatchLiterals;
import dev.lapidary.torchscript.trace.call.Binder;
import dev.lapidary.torchscript.trace.call.Dispatcher;
import dev.lapidary.torchscript.trace.call.Invocation;
import dev.lapidary.torchscript.trace.call.Mutation;
import dev.lapidary.torchscript.trace.call.Operator;
import dev.lapidary.torchscript.trace.call.Recorder;
import dev.lapidary.torchscript.trace.call.Schemas;
import dev.lapidary.torchscript.trace.call.SourceCalls;
import dev.lapidary.torchscript.trace.limit.Budget;
import dev.lapidary.torchscript.trace.limit.Refusal;
import dev.lapidary.torchscript.trace.quantized.OnGrid;
import dev.lapidary.torchscript.trace.value.Content;
import dev.lapidary.torchscript.trace.value.Datum;
import dev.lapidary.torchscript.trace.value.PackedParams;
import dev.lapidary.torchscript.trace.value.TensorRef;
import java.util.Collection;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.stream.Collectors;

/** Calls of aten operators: overload, in-place form, alias, then the operator itself. */
public final class Operators implements Dispatcher {
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

  private final OperatorTable table;
  private final Recorder recorder;
  private final Budget budget;
  private final BatchLiterals literals;
  private final SourceCalls sourceCalls = new SourceCalls(this);

  Operators(OperatorTable table, Recorder recorder, Budget budget, BatchLiterals literals) {
    this.table = table;
    this.recorder = recorder;
    this.budget = budget;
    this.literals = literals;
  }

  @Override
  public SourceCalls sourceCalls() {
    return sourceCalls;
  }

  @Override
  public Recorder recorder() {
    return recorder;
  }

  @Override
  public Budget budget() {
    return budget;
  }

  @Override
  public BatchLiterals literals() {
    return literals;
  }

  @Override
  public Datum call(String operator, List<Datum> positional, Map<String, Datum> keywords) {
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
    boolean complex = hasComplex(positional) || hasComplex(keywords.values());
    if (overloads == null && RANDOM.contains(name.replaceFirst("_like$|_$", ""))) {
      throw Refusal.unsupported(
          "%s: its result is random, and a file gives the same numbers each time", operator);
    }
    if (overloads == null) {
      throw Refusal.unsupported(
          "operator %s is not supported; %d are: 'exporter ops' lists them%s",
          operator, table.names().size(), remedy(operator));
    }
    Operator implementation = table.find(operator, complex);
    List<Datum> fitted = literals.widened(name, positional, this);
    Optional<Binder.Bound> bound =
        Binder.bind(overloads, fitted, keywords)
            .or(() -> Binder.bindOlder(overloads, fitted, keywords));
    if (bound.isEmpty()) {
      throw Refusal.unsupported(
          "no supported overload of %s takes (%s)", operator, shown(positional, keywords));
    }
    Invocation call = new Invocation(this, bound.get().schema(), bound.get().arguments());
    budget.step();
    budget.touch(knownElements(call.arguments()));
    Datum result =
        operator.startsWith("aten::")
            ? OnGrid.apply(call, call.grid(), implementation)
            : implementation.apply(call);
    budget.touch(knownElements(List.of(result)));
    if (result.grid().isPresent()) {
      sourceCalls.add(call, result);
    }
    return result;
  }

  /** Of tensors, also of those in lists, as no operator takes them in deeper ones. */
  private static long knownElements(Collection<Datum> values) {
    long count = 0;
    for (Datum value : values) {
      count += value instanceof TensorRef tensor ? tensor.knownElements() : 0;
      for (Datum item : items(value)) {
        count += item instanceof TensorRef tensor ? tensor.knownElements() : 0;
      }
    }
    return count;
  }

  private static String remedy(String operator) {
    if (operator.contains("mkldnn")) {
      return "; save the network before torch.jit.optimize_for_inference";
    }
    return operator.startsWith("quantized::") ? FLOAT_MODEL : "";
  }

  @Override
  public Datum apply(Invocation call) {
    return table.find(call.operator(), false).apply(call);
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

  @Override
  public Argument argument(Datum datum) {
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
      return new Argument.ListOf(datum.toList().stream().map(this::argument).toList());
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

  /**
   * Whether one of an operator's arguments is complex, or a list that has such an item: no operator
   * takes tensors in deeper ones, whose number a hostile program can make grow beyond measure.
   */
  private static boolean hasComplex(Collection<Datum> arguments) {
    return arguments.stream()
        .anyMatch(
            argument ->
                argument instanceof Datum.Complex
                    || items(argument).stream().anyMatch(Datum.Complex.class::isInstance));
  }

  private static List<Datum> items(Datum argument) {
    return argument instanceof Datum.ListOf || argument instanceof Datum.TupleOf
        ? argument.toList()
        : List.of();
  }
}
