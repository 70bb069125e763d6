package dev.lapidary.trainer.run.round;

import dev.lapidary.trainer.checkpoint.TrainingState.Adapted;
import dev.lapidary.trainer.checkpoint.TrainingState.Position;
import dev.lapidary.trainer.program.Optimizer;
import dev.lapidary.trainer.run.stage.EpochBatches;
import dev.lapidary.trainer.run.stage.StageRun;
import dev.lapidary.trainer.run.step.EpochSteps;
import dev.lapidary.trainer.run.step.TrainingStep;
import java.util.function.LongToDoubleFunction;

/** An epoch in rounds of workers; a round ends at the latest with the epoch. */
public final class RoundSteps implements EpochSteps {
  private final RoundStep step;
  private final StageRun stage;
  private final Optimizer optimizer;
  private final EpochBatches plan;
  private long next;

  /**
   * @param plan of worker 0, whose epoch is the longest
   * @param next batch of each worker
   */
  public RoundSteps(
      RoundStep step, StageRun stage, Optimizer optimizer, EpochBatches plan, long next) {
    this.step = step;
    this.stage = stage;
    this.optimizer = optimizer;
    this.plan = plan;
    this.next = next;
  }

  @Override
  public boolean hasNext() {
    return next < plan.batches();
  }

  @Override
  public TrainingStep.Done take(Position at, LongToDoubleFunction factors, Adapted adapted) {
    TrainingStep.Done done = step.take(stage, optimizer, plan, at, factors, adapted);
    next = at.batch() + done.batches();
    return done;
  }

  @Override
  public void close() {}
}
