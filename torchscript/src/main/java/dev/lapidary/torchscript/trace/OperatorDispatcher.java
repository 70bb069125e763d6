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
import dev.lapidary.torchscript.trace.limit.ProgramRefusal;
import dev.lapidary.torchscript.trace.quantized.QuantizedTensors;
import dev.lapidary.torchscript.trace.value.Content;
import dev.lapidary.torchscript.trace.value.IValue;
import dev.lapidary.torchscript.trace.value.PackedParams;
import dev.lapidary.torchscript.trace.value.TensorRef;
import java.util.Collection;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.stream.Collectors;

/** Calls of aten operators: overload, in-place form, alias, then the operator itself. */
public final class OperatorDispatcher implements Dispatcher {
  private static final Set<String> RANDOM =
      Set.of(
          """
          bernoulli cauchy exponential geometric log_normal multinomial normal poisson rand
          randint randn random randperm uniform
          """
              .split("\\s+"));
  private static final String FLOAT_MODEL =
      "; or give the float model, and --quantize to make it small";

  private final OperatorTable table;
  private final Recorder recorder;
  private final Budget budget;
  private final BatchLiterals literals;
  private final SourceCalls sourceCalls = new SourceCalls(this);
  private final Decompositions decompositions;

  OperatorDispatcher(
      OperatorTable table, Recorder recorder, Budget budget, BatchLiterals literals) {
    this.table = table;
    this.recorder = recorder;
    this.budget = budget;
    this.literals = literals;
    this.decompositions = new Decompositions(this);
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
  public IValue call(String operator, List<IValue> positional, Map<String, IValue> keywords) {
    if (PackedParams.packs(operator)) {
      return new IValue.Packed(PackedParams.of(recorder.scope(), positional));
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
      throw ProgramRefusal.unsupported(
          "%s: its result is random, and a file gives the same numbers each time", operator);
    }
    if (overloads == null) {
      throw ProgramRefusal.unsupported(
          "operator %s is not supported; %d are: 'exporter ops' lists them%s",
          operator, table.names().size(), remedy(operator));
    }
    Operator implementation = table.find(operator, complex);
    List<IValue> fitted = literals.widened(name, positional, this);
    Optional<Binder.Bound> bound =
        Binder.bind(overloads, fitted, keywords)
            .or(() -> Binder.bindOlder(overloads, fitted, keywords));
    if (bound.isEmpty()) {
      throw ProgramRefusal.unsupported(
          "no supported overload of %s takes (%s)", operator, shown(positional, keywords));
    }
    Invocation call = new Invocation(this, bound.get().schema(), bound.get().arguments());
    budget.step();
    budget.touch(knownElements(call.arguments()));
    IValue result =
        operator.startsWith("aten::")
            ? QuantizedTensors.apply(call, call.quantization(), implementation)
            : implementation.apply(call);
    budget.touch(knownElements(List.of(result)));
    if (result.quantization().isPresent()) {
      sourceCalls.add(call, result);
    }
    return result;
  }

  private static long knownElements(Collection<IValue> values) {
    return values.stream()
        .flatMap(IValue::flat)
        .mapToLong(value -> value instanceof TensorRef tensor ? tensor.knownElements() : 0)
        .sum();
  }

  private static String remedy(String operator) {
    if (operator.contains("mkldnn")) {
      return "; save the network before torch.jit.optimize_for_inference";
    }
    return operator.startsWith("quantized::") ? FLOAT_MODEL : "";
  }

  @Override
  public IValue apply(Invocation call) {
    return table.find(call.operator(), false).apply(call);
  }

  @Override
  public IValue decompose(String function, Invocation call) {
    return decompositions.call(function, call);
  }

  /** {@code relu_}: the functional operator, then its result is the tensor's new content. */
  private IValue inPlace(String functional, List<IValue> positional, Map<String, IValue> keywords) {
    if (positional.isEmpty() || !(positional.get(0) instanceof TensorRef self)) {
      throw ProgramRefusal.wrong("%s_ needs a tensor to change", functional);
    }
    IValue result = call(functional, positional, keywords);
    Mutation.write(self, (TensorRef) result, functional + "_", this);
    return self;
  }

  @Override
  public Argument argument(IValue ivalue) {
    if (ivalue instanceof TensorRef tensor) {
      return argument(tensor);
    }
    if (ivalue instanceof IValue.Int i) {
      return new Argument.Int(i.value());
    }
    if (ivalue instanceof IValue.Real real) {
      return new Argument.Real(real.value());
    }
    if (ivalue instanceof IValue.Bool bool) {
      return new Argument.Bool(bool.value());
    }
    if (ivalue instanceof IValue.Str text) {
      return new Argument.Str(text.value());
    }
    if (ivalue instanceof IValue.Device device) {
      return new Argument.Str(device.name());
    }
    if (ivalue instanceof IValue.Sequence sequence) {
      return new Argument.ListOf(sequence.items().stream().map(this::argument).toList());
    }
    if (ivalue == IValue.None.NONE) {
      return Argument.None.NONE;
    }
    throw ProgramRefusal.unsupported("%s as an operator's argument", IValue.describe(ivalue));
  }

  private Argument argument(TensorRef tensor) {
    Content content = tensor.content();
    if (content instanceof Content.Known known) {
      return recorder.constant(known);
    }
    if (content instanceof Content.Traced traced) {
      return traced.value();
    }
    throw ProgramRefusal.unsupported("the batch size as data of a tensor");
  }

  private static String shown(List<IValue> positional, Map<String, IValue> keywords) {
    return positional.stream().map(IValue::describe).collect(Collectors.joining(", "))
        + keywords.entrySet().stream()
            .map(e -> ", " + e.getKey() + "=" + IValue.describe(e.getValue()))
            .collect(Collectors.joining());
  }

  private static boolean hasComplex(Collection<IValue> arguments) {
    return arguments.stream().flatMap(IValue::flat).anyMatch(IValue.Complex.class::isInstance);
  }
}
