package dev.lapidary.trainer.run.step;

import ai.djl.ndarray.NDManager;
import dev.lapidary.trainer.checkpoint.TrainingState.Adapted;
import dev.lapidary.trainer.checkpoint.TrainingState.Position;
import dev.lapidary.trainer.data.BatchSource;
import dev.lapidary.trainer.data.Shard;
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
    TrainingStep.Part whole = new TrainingStep.Part(images, images, Shard.WHOLE);
    try (NDManager manager = step.program().newStep()) {
      TrainingStep.Accumulated all = step.accumulate(manager, stage, batches, at, whole, adapted);
      return step.update(manager, stage, optimizer, at, all, factor);
    }
  }

  @Override
  public void close() {
    batches.close();
  }
}
