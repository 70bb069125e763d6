package dev.lapidary.trainer.program;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDManager;
import ai.djl.ndarray.types.DataType;
import ai.djl.ndarray.types.Shape;
import dev.lapidary.core.tensor.DType;
import dev.lapidary.core.tensor.Tensor;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;
import java.util.function.Function;
import java.util.stream.DoubleStream;

/**
 * Applies an update rule and keeps its state by the parameter's name: each parameter has its own
 * step count, so one that is trained from a later stage on starts fresh, as in PyTorch. A parameter
 * without a gradient is skipped: no decay, no momentum.
 */
public final class Optimizer implements AutoCloseable {
  private static final String STEP = "step";

  private final TrainingProgram program;
  private final UpdateRule rule;
  private final NDManager manager;
  private final Map<String, State> states = new TreeMap<>();

  /**
   * {@code step} counts the updates; the array holds the same number, as Adam's kernel wants it.
   */
  private static final class State {
    private long step;
    private final NDArray stepArray;
    private final List<NDArray> slots;

    State(long step, NDArray stepArray, List<NDArray> slots) {
      this.step = step;
      this.stepArray = stepArray;
      this.slots = slots;
    }
  }

  /**
   * What is in force for a parameter.
   *
   * @param momentum absent: the rule's; see {@link UpdateRule#momentum}
   */
  public record Rate(double learningRate, double weightDecay, Optional<Double> momentum) {
    public Rate(double learningRate, double weightDecay) {
      this(learningRate, weightDecay, Optional.empty());
    }
  }

  public Optimizer(TrainingProgram program, UpdateRule rule) {
    this.program = program;
    this.rule = rule;
    this.manager = program.manager().newSubManager();
  }

  /** One update of every parameter that has a gradient; {@code rates} by parameter name. */
  public void apply(NDManager step, Gradients gradients, Function<String, Rate> rates) {
    Map<Call, List<Member>> calls = new LinkedHashMap<>();
    for (int i = 0; i < gradients.parameters().size(); i++) {
      ProgramTensor parameter = gradients.parameters().get(i);
      State state = states.computeIfAbsent(parameter.name(), name -> fresh(parameter, 0));
      Call call = new Call(rates.apply(parameter.name()), state.step == 0);
      calls
          .computeIfAbsent(call, c -> new ArrayList<>())
          .add(new Member(parameter.array(), gradients.arrays().get(i), state));
    }
    calls.forEach((call, members) -> update(step, call, members));
  }

  /**
   * The state as tensors, by {@code PARAMETER.SLOT} with PyTorch's slot names and {@code
   * PARAMETER.step}.
   */
  public Map<String, Tensor> save() {
    Map<String, Tensor> saved = new TreeMap<>();
    states.forEach(
        (name, state) -> {
          saved.put(name + "." + STEP, Tensor.of(new long[] {state.step}, 1));
          for (int i = 0; i < state.slots.size(); i++) {
            saved.put(name + "." + rule.slots().get(i), copy(state.slots.get(i)));
          }
        });
    return saved;
  }

  /** Replaces the state by a saved one. */
  public void restore(Map<String, Tensor> saved) {
    states.clear();
    for (ProgramTensor parameter : program.parameters()) {
      Tensor step = saved.get(parameter.name() + "." + STEP);
      if (step == null) {
        continue;
      }
      State state = fresh(parameter, step.toLongs()[0]);
      for (int i = 0; i < state.slots.size(); i++) {
        String key = parameter.name() + "." + rule.slots().get(i);
        Tensor slot = saved.get(key);
        if (slot == null) {
          throw new IllegalArgumentException("the optimizer's state lacks " + key);
        }
        program.write(state.slots.get(i), slot.bytes());
      }
      states.put(parameter.name(), state);
    }
  }

  /** Native arrays of the state. */
  int liveArrays() {
    return manager.getManagedArrays().size();
  }

  @Override
  public void close() {
    manager.close();
  }

  /** What may share one call of a kernel. */
  private record Call(Rate rate, boolean first) {}

  private record Member(NDArray parameter, NDArray gradient, State state) {}

  private void update(NDManager step, Call call, List<Member> members) {
    members.forEach(member -> member.state.step++);
    double momentum = call.rate.momentum().orElse(rule.momentum());
    DoubleStream rates = DoubleStream.of(call.rate.learningRate(), call.rate.weightDecay());
    DoubleStream own = rule.numbers(momentum, call.first).stream().mapToDouble(n -> n);
    Arguments arguments =
        new Arguments(step)
            .numbers(DoubleStream.concat(rates, own).toArray())
            .list("ps", members.stream().map(Member::parameter).toList())
            .list("gs", members.stream().map(Member::gradient).toList());
    for (int i = 0; i < rule.slots().size(); i++) {
      int slot = i;
      List<NDArray> slots = members.stream().map(m -> m.state.slots.get(slot)).toList();
      arguments.list(rule.slots().get(i), slots);
    }
    if (rule.countsUpdates()) {
      List<NDArray> counts = members.stream().map(m -> m.state.stepArray).toList();
      counts.forEach(count -> count.addi(1));
      arguments.list("ts", counts);
    }
    program.run(rule.method(), arguments);
  }

  private State fresh(ProgramTensor parameter, long step) {
    Shape shape = parameter.array().getShape();
    DataType type = parameter.array().getDataType();
    List<NDArray> slots = rule.slots().stream().map(s -> manager.zeros(shape, type)).toList();
    return new State(step, manager.full(new Shape(), (float) step, DataType.FLOAT32), slots);
  }

  private static Tensor copy(NDArray array) {
    return new ProgramTensor("", false, DType.FLOAT32, array).copy();
  }
}
