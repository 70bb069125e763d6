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
    Map<Call, Members> calls = new LinkedHashMap<>();
    for (int i = 0; i < gradients.parameters().size(); i++) {
      ProgramTensor parameter = gradients.parameters().get(i);
      State state = states.computeIfAbsent(parameter.name(), name -> fresh(parameter));
      Call call = new Call(rates.apply(parameter.name()), state.step == 0);
      calls
          .computeIfAbsent(call, c -> new Members())
          .add(parameter.array(), gradients.arrays().get(i), state);
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

  private static final class Members {
    private final List<NDArray> parameters = new ArrayList<>();
    private final List<NDArray> gradients = new ArrayList<>();
    private final List<State> states = new ArrayList<>();

    void add(NDArray parameter, NDArray gradient, State state) {
      parameters.add(parameter);
      gradients.add(gradient);
      states.add(state);
    }

    List<NDArray> slot(int index) {
      return states.stream().map(s -> s.slots.get(index)).toList();
    }

    List<NDArray> steps() {
      return states.stream().map(s -> s.stepArray).toList();
    }
  }

  private void update(NDManager step, Call call, Members members) {
    for (State state : members.states) {
      state.step++;
    }
    double lr = call.rate.learningRate();
    double decay = call.rate.weightDecay();
    double mu = call.rate.momentum().orElse(rule.momentum());
    Arguments arguments = new Arguments(step);
    if (rule instanceof UpdateRule.Sgd sgd && sgd.momentum() == 0) {
      program.run("sgd", lists(arguments.numbers(lr, decay), members));
    } else if (rule instanceof UpdateRule.Sgd sgd) {
      double nesterov = sgd.nesterov() ? 1 : 0;
      double first = call.first ? 1 : 0;
      arguments.numbers(lr, decay, mu, sgd.dampening(), nesterov, first);
      program.run("sgd_momentum", lists(arguments, members).list("ms", members.slot(0)));
    } else if (rule instanceof UpdateRule.Adam adam) {
      arguments.numbers(lr, decay, mu, adam.beta2(), adam.eps());
      program.run("adam", moments(lists(arguments, members), members));
    } else if (rule instanceof UpdateRule.AdamW adamw) {
      arguments.numbers(lr, decay, mu, adamw.beta2(), adamw.eps());
      program.run("adamw", moments(lists(arguments, members), members));
    } else if (rule instanceof UpdateRule.RmsProp rms) {
      arguments.numbers(lr, decay, rms.alpha(), rms.eps(), mu);
      lists(arguments, members).list("vs", members.slot(0)).list("ms", members.slot(1));
      program.run("rmsprop", arguments);
    } else if (rule instanceof UpdateRule.Lars lars) {
      arguments.numbers(lr, decay, mu, lars.trust());
      program.run("lars", lists(arguments, members).list("ms", members.slot(0)));
    } else if (rule instanceof UpdateRule.Lamb lamb) {
      arguments.numbers(lr, decay, mu, lamb.beta2(), lamb.eps());
      program.run("lamb", moments(lists(arguments, members), members));
    }
  }

  private static Arguments lists(Arguments arguments, Members members) {
    return arguments.list("ps", members.parameters).list("gs", members.gradients);
  }

  private static Arguments moments(Arguments arguments, Members members) {
    for (State state : members.states) {
      state.stepArray.addi(1);
    }
    return arguments
        .list("ms", members.slot(0))
        .list("vs", members.slot(1))
        .list("ts", members.steps());
  }

  private State fresh(ProgramTensor parameter) {
    return fresh(parameter, 0);
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
