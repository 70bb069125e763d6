package dev.lapidary.trainer.run.stage;

import dev.lapidary.core.failure.Failure;
import dev.lapidary.core.tensor.Tensor;
import dev.lapidary.trainer.checkpoint.Checkpoints;
import dev.lapidary.trainer.plan.RunConfig;
import dev.lapidary.trainer.program.ProgramTensor;
import dev.lapidary.trainer.program.TrainingProgram;
import dev.lapidary.trainer.program.WeightAverage;
import java.util.Arrays;
import java.util.Map;
import java.util.Optional;
import java.util.function.Supplier;

/** The tensors that training changes and, if the run keeps one, their moving average. */
public record TrainedWeights(TrainingProgram program, Optional<WeightAverage> average)
    implements AutoCloseable {

  public static TrainedWeights of(TrainingProgram program, RunConfig.Ema ema) {
    return new TrainedWeights(
        program,
        ema.decay() == 0
            ? Optional.empty()
            : Optional.of(new WeightAverage(program, ema.decay(), ema.warmup())));
  }

  /**
   * Takes all from a checkpoint; an average that it lacks begins with its weights.
   *
   * @throws Failure (exit 2) if it is of another network
   */
  public void restore(Checkpoints.Saved saved, Object location) {
    write(saved.model(), location);
    Map<String, Tensor> mean = saved.average().isEmpty() ? saved.model() : saved.average();
    average.ifPresent(a -> a.restore(mean));
  }

  /** Overwrites the weights themselves. */
  public void write(Map<String, Tensor> values, Object location) {
    for (ProgramTensor tensor : program.tensors()) {
      Tensor value = values.get(tensor.name());
      if (value == null || !Arrays.equals(value.shape(), tensor.shape())) {
        throw Failure.badInput(
            "[%s] the checkpoint has no %s of shape %s; the network has changed",
            location, tensor.name(), Arrays.toString(tensor.shape()));
      }
      program.write(tensor.array(), value.bytes());
    }
  }

  /** After an optimizer step, the {@code number}-th of the run. */
  public void average(long number) {
    average.ifPresent(a -> a.update(number));
  }

  /** Measures what would be delivered: it stands in the program meanwhile. */
  public <T> T asDelivered(Supplier<T> measurement) {
    average.ifPresent(WeightAverage::swap);
    try {
      return measurement.get();
    } finally {
      average.ifPresent(WeightAverage::swap);
    }
  }

  /** Copies of the weights themselves. */
  public Map<String, Tensor> copies() {
    return ProgramTensor.copies(program.tensors());
  }

  /** Copies; empty if there is no average. */
  public Map<String, Tensor> averages() {
    return average.map(WeightAverage::save).orElse(Map.of());
  }

  /** Copies of the average, or of the weights if there is none. */
  public Map<String, Tensor> delivered() {
    Map<String, Tensor> delivered = copies();
    delivered.putAll(averages());
    return delivered;
  }

  @Override
  public void close() {
    average.ifPresent(WeightAverage::close);
  }
}
