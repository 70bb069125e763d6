package dev.lapidary.trainer.program;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDManager;
import dev.lapidary.core.tensor.DType;
import dev.lapidary.core.tensor.Tensor;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;

/**
 * An exponential moving average of a network's float parameters and buffers, as timm's {@code
 * ModelEmaV3} keeps it: average = decay * average + (1 - decay) * tensor after each optimizer step,
 * a plain copy after the first one. Integers ({@code num_batches_tracked}) are the network's own.
 */
public final class WeightAverage implements AutoCloseable {
  private final TrainingProgram program;
  private final double decay;
  private final boolean warmup;
  private final NDManager manager;
  private final List<ProgramTensor> tensors;
  private final List<ProgramTensor> averages = new ArrayList<>();

  /**
   * @param decay in [0, 1)
   * @param warmup whether the decay grows to {@code decay} as 1 - step ^ (-2/3)
   */
  public WeightAverage(TrainingProgram program, double decay, boolean warmup) {
    this.program = program;
    this.decay = decay;
    this.warmup = warmup;
    this.manager = program.manager().newSubManager();
    this.tensors = program.tensors().stream().filter(t -> t.dtype() == DType.FLOAT32).toList();
    for (ProgramTensor tensor : tensors) {
      NDArray average = tensor.array().duplicate();
      average.attach(manager);
      averages.add(new ProgramTensor(tensor.name(), tensor.buffer(), tensor.dtype(), average));
    }
  }

  /**
   * After an optimizer step.
   *
   * @param number of the step in the whole run, from 1
   */
  public void update(long number) {
    try (NDManager step = program.newStep()) {
      Arguments arguments = new Arguments(step).numbers(1 - decay(number));
      program.run("average", both(arguments));
    }
  }

  /** {@code ModelEmaV3.get_decay} with gamma 1, power 2/3. */
  double decay(long number) {
    if (number <= 1) {
      return 0;
    }
    return warmup ? Math.min(decay, 1 - Math.pow((double) number, -2.0 / 3)) : decay;
  }

  /** Exchanges the network's tensors and the averages, bit for bit; twice is never. */
  public void swap() {
    try (NDManager step = program.newStep()) {
      program.run("swap", both(new Arguments(step).numbers(0)));
    }
  }

  private Arguments both(Arguments arguments) {
    return arguments
        .list("averages", ProgramTensor.arrays(averages))
        .list("live", ProgramTensor.arrays(tensors));
  }

  /** Copies, by state_dict name. */
  public Map<String, Tensor> save() {
    return new TreeMap<>(ProgramTensor.copies(averages));
  }

  /** Replaces the averages by saved ones. */
  public void restore(Map<String, Tensor> saved) {
    for (ProgramTensor average : averages) {
      Tensor value = saved.get(average.name());
      if (value == null) {
        throw new IllegalArgumentException("no average of " + average.name());
      }
      program.write(average.array(), value.bytes());
    }
  }

  /** Native arrays of the averages. */
  int liveArrays() {
    return manager.getManagedArrays().size();
  }

  @Override
  public void close() {
    manager.close();
  }
}
