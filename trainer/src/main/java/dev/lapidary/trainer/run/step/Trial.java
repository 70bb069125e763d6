package dev.lapidary.trainer.run.step;

import dev.lapidary.core.failure.Failure;
import dev.lapidary.core.tensor.Tensor;
import dev.lapidary.trainer.checkpoint.TrainingState.Adapted;
import dev.lapidary.trainer.checkpoint.TrainingState.Position;
import dev.lapidary.trainer.data.Loader;
import dev.lapidary.trainer.data.Shard;
import dev.lapidary.trainer.plan.StageConfig;
import dev.lapidary.trainer.program.Optimizer;
import dev.lapidary.trainer.program.TrainingProgram;
import dev.lapidary.trainer.report.Progress;
import dev.lapidary.trainer.run.inputs.RunInputs;
import dev.lapidary.trainer.run.network.Fingerprint;
import dev.lapidary.trainer.run.network.NotFinite;
import dev.lapidary.trainer.run.network.StopRequest;
import dev.lapidary.trainer.run.network.Teacher;
import dev.lapidary.trainer.run.stage.EpochBatches;
import dev.lapidary.trainer.run.stage.StageRun;
import dev.lapidary.trainer.run.stage.TrainedWeights;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.Map;
import java.util.Optional;
import java.util.function.BooleanSupplier;

/**
 * Steps of a stage on its own training images, after which the network is what it was before, bit
 * for bit.
 */
public final class Trial {
  private static final int WARMUP = 1;
  private static final int TIMED = 3;

  private Trial() {}

  /** Decides about the next step. */
  @FunctionalInterface
  public interface Steps {
    /**
     * @param number of steps done
     * @param taker takes the next step
     * @return whether there is to be another one
     */
    boolean next(int number, Taker taker);
  }

  /** Takes one step. */
  @FunctionalInterface
  public interface Taker {
    /**
     * @param factor on the stage's rates
     * @return mean loss of the step's images, before the update; if it is not finite there was none
     */
    double loss(double factor);
  }

  public static void run(RunInputs inputs, TrainingProgram program, int stageIndex, Steps steps) {
    TrainedWeights weights = new TrainedWeights(program, Optional.empty());
    Map<String, Tensor> before = weights.copies();
    StageConfig stage = inputs.config().stages().get(stageIndex);
    StageRun run = StageRun.enter(stage, program, inputs.network());
    Optional<Teacher> teacher = inputs.openTeacher();
    TrainingStep step =
        TrainingStep.of(
            inputs,
            program,
            teacher,
            new TrainingClock(),
            Progress.silent(),
            Path.of("checkpoints"));
    try (Loader loader = inputs.loader(inputs.augmentation(stage), 0);
        Optimizer optimizer = new Optimizer(program, stage.optimizer())) {
      epochs(inputs, stageIndex, loader, step, run, optimizer, steps);
    } finally {
      teacher.ifPresent(Teacher::close);
      weights.write(before, "a trial");
    }
    if (!Fingerprint.of(weights.copies()).equals(Fingerprint.of(before))) {
      throw new IllegalStateException("a trial changed the network");
    }
  }

  /**
   * Median of a few steps with the rates at 0.
   *
   * @throws Failure (exit 130) if it is to stop
   */
  public static double secondsPerStep(
      RunInputs inputs, TrainingProgram program, int stageIndex, BooleanSupplier stop) {
    double[] seconds = new double[WARMUP + TIMED];
    run(
        inputs,
        program,
        stageIndex,
        (number, taker) -> {
          long start = System.nanoTime();
          taker.loss(0);
          seconds[number] = (double) (System.nanoTime() - start) / 1e9;
          StopRequest.requireNone(stop);
          return number + 1 < seconds.length;
        });
    double[] timed = Arrays.copyOfRange(seconds, WARMUP, seconds.length);
    Arrays.sort(timed);
    return timed[timed.length / 2];
  }

  /** As many epochs as the steps need, each with its own order. */
  private static void epochs(
      RunInputs inputs,
      int stageIndex,
      Loader loader,
      TrainingStep step,
      StageRun run,
      Optimizer optimizer,
      Steps steps) {
    int done = 0;
    Adapted[] adapted = {inputs.adapted()};
    for (int epoch = 0; true; epoch++) {
      EpochBatches plan = inputs.epochBatches(epoch, run.config(), Shard.WHOLE);
      Loader.Batches batches = loader.batches(plan.order(), run.config().batchSize(), epoch, 0);
      try (OwnSteps own = new OwnSteps(step, run, optimizer, batches, plan)) {
        for (long batch = 0; own.hasNext(); batch += run.config().accumulate()) {
          Position at = new Position(stageIndex, epoch, batch, done);
          if (!steps.next(done++, factor -> loss(own, at, factor, adapted))) {
            return;
          }
        }
      }
    }
  }

  private static double loss(OwnSteps own, Position at, double factor, Adapted[] adapted) {
    try {
      TrainingStep.Done done = own.take(at, number -> factor, adapted[0]);
      adapted[0] = done.adapted();
      return done.sums().loss() / (double) done.sums().images();
    } catch (NotFinite e) {
      return Double.NaN;
    }
  }
}
