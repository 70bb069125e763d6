package dev.lapidary.benchmarks;

import ai.djl.ndarray.NDManager;
import ai.djl.ndarray.types.Shape;
import dev.lapidary.core.tensor.Uniform;
import dev.lapidary.trainer.program.Gradients;
import dev.lapidary.trainer.program.LossOptions;
import dev.lapidary.trainer.program.Optimizer;
import dev.lapidary.trainer.program.ProgramTensor;
import dev.lapidary.trainer.program.TrainingProgram;
import dev.lapidary.trainer.program.UpdateRule;
import java.util.List;
import java.util.TreeSet;
import java.util.stream.Collectors;

/**
 * Steps of a whole network on one batch of random pixels.
 *
 * @param shape of the batch, NCHW
 */
@SuppressWarnings("ArrayRecordComponent") // never compared
public record TrainingSteps(
    TrainingProgram program,
    Optimizer optimizer,
    float[] pixels,
    Shape shape,
    long[] labels,
    Optimizer.Rate rate)
    implements AutoCloseable {

  /**
   * @param name of the pixels' stream
   * @param labels one an image
   */
  public static TrainingSteps of(
      TrainingProgram program, String name, long[] labels, int side, Optimizer.Rate rate) {
    program.train(
        program.parameters().stream()
            .map(ProgramTensor::name)
            .collect(Collectors.toCollection(TreeSet::new)));
    return new TrainingSteps(
        program,
        new Optimizer(program, UpdateRule.Sgd.of(0.9)),
        Uniform.tensor(name, labels.length, 3, side, side).toFloats(),
        new Shape(labels.length, 3, side, side),
        labels,
        rate);
  }

  /** Takes one, and returns its loss. */
  public float step() {
    try (NDManager manager = program.newStep()) {
      Gradients gradients =
          program.gradients(
              manager,
              manager.create(pixels, shape),
              TrainingProgram.Targets.of(manager.create(labels)),
              new LossOptions(0, List.of()),
              program.parameters(),
              1,
              1);
      optimizer.apply(manager, gradients, tensor -> rate);
      return gradients.loss();
    }
  }

  @Override
  public void close() {
    optimizer.close();
  }
}
