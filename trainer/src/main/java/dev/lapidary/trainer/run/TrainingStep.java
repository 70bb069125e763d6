package dev.lapidary.trainer.run;

import ai.djl.ndarray.NDManager;
import dev.lapidary.models.tensor.RandomStream;
import dev.lapidary.trainer.checkpoint.TrainingState.Position;
import dev.lapidary.trainer.checkpoint.TrainingState.Sums;
import dev.lapidary.trainer.data.Batch;
import dev.lapidary.trainer.data.Loader;
import dev.lapidary.trainer.program.Gradients;
import dev.lapidary.trainer.program.LossOptions;
import dev.lapidary.trainer.program.Optimizer;
import dev.lapidary.trainer.program.TrainingProgram;
import java.nio.file.Path;
import java.util.Optional;

/**
 * One optimizer step: as many batches as the stage accumulates, their images weighing equally, then
 * the update.
 *
 * @param program in train mode
 * @param checkpoints where the last good one is
 */
record TrainingStep(
    RunInputs inputs,
    TrainingProgram program,
    LossOptions loss,
    TrainingClock clock,
    Path checkpoints) {

  /** The batches that it used up, and their images' loss and hits. */
  record Done(long batches, Sums sums) {}

  /**
   * @param at the first batch's position
   * @param images of the whole step
   * @param factor of the schedule
   * @throws LossNotFinite (exit 1) if the loss is not finite; nothing is updated then
   */
  Done take(
      StageRun stage,
      Optimizer optimizer,
      Loader.Batches source,
      Position at,
      long images,
      double factor) {
    try (NDManager step = program.newStep()) {
      Optional<Gradients> sum = Optional.empty();
      Done done = new Done(0, Sums.ZERO);
      while (done.sums().images() < images) {
        Batch batch = clock.waiting(source::next);
        long number = at.batch() + done.batches();
        Gradients gradients =
            clock.computing(() -> gradients(step, stage, batch, at.step(), number, images));
        requireFinite(gradients.loss(), stage, at);
        sum = Optional.of(sum.isEmpty() ? gradients : program.add(step, sum.get(), gradients));
        done = new Done(done.batches() + 1, count(done.sums(), gradients, batch));
      }
      Gradients all = sum.orElseThrow();
      clock.computing(
          () -> {
            program.clip(step, all, stage.config().clip().norm(), stage.config().clip().value());
            optimizer.apply(step, all, name -> stage.rate(name, factor));
            return all;
          });
      return done;
    }
  }

  /** Dropout is a function of the seed, the step and the batch. */
  private Gradients gradients(
      NDManager manager, StageRun stage, Batch batch, long step, long number, long images) {
    long seed = RandomStream.of(inputs.config().seed(), step, number, "libtorch").nextLong();
    TrainingProgram.Targets targets =
        new TrainingProgram.Targets(
            Validation.labels(manager, batch.labels()),
            Validation.labels(manager, batch.otherLabels()),
            batch.weight());
    return program.gradients(
        manager,
        Validation.images(manager, batch, inputs.network().preprocessing()),
        targets,
        loss,
        stage.parameters(),
        seed,
        batch.count() / (double) images);
  }

  private static Sums count(Sums sums, Gradients gradients, Batch batch) {
    int[] classes = Validation.argmax(gradients.logits());
    int correct = 0;
    for (int i = 0; i < classes.length; i++) {
      correct += classes[i] == batch.labels()[i] ? 1 : 0;
    }
    return sums.plus((double) gradients.loss() * batch.count(), batch.count(), correct);
  }

  private void requireFinite(float value, StageRun stage, Position at) {
    if (!Float.isFinite(value)) {
      throw new LossNotFinite(
          ("the loss is %s at step %d (stage %s, epoch %d); the last good checkpoint is in %s; the"
                  + " likely cause is a learning rate that is too high: try a third of %s")
              .formatted(
                  value,
                  at.step() + 1,
                  stage.config().name(),
                  inputs.config().epochsBefore(at.stage()) + at.epoch() + 1,
                  checkpoints,
                  stage.config().lr()));
    }
  }
}
