package dev.lapidary.trainer.run.step;

import dev.lapidary.trainer.checkpoint.TrainingState.Adapted;
import dev.lapidary.trainer.checkpoint.TrainingState.Position;
import dev.lapidary.trainer.data.BatchSource;
import dev.lapidary.trainer.program.Optimizer;
import dev.lapidary.trainer.run.stage.EpochBatches;
import dev.lapidary.trainer.run.stage.StageRun;
import java.util.function.LongToDoubleFunction;

/** Steps that this process takes by itself. */
public record OwnSteps(
    TrainingStep step, StageRun stage, Optimizer optimizer, BatchSource batches, EpochBatches plan)
    implements EpochSteps {
  @Override
  public boolean hasNext() {
    return batches.hasNext();
  }

  @Override
  public TrainingStep.Done take(Position at, LongToDoubleFunction factors, Adapted adapted) {
    long images = plan.imagesOfStep(at.batch());
    double factor = factors.applyAsDouble(at.batch() / stage.config().accumulate());
    return step.take(stage, optimizer, batches, at, images, factor, adapted);
  }

  @Override
  public void close() {
    batches.close();
  }
}
