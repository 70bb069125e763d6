package dev.lapidary.trainer.run.step;

import dev.lapidary.trainer.checkpoint.TrainingState.Adapted;
import dev.lapidary.trainer.checkpoint.TrainingState.Position;
import dev.lapidary.trainer.run.network.NotFinite;
import java.util.function.LongToDoubleFunction;

/**
 * Where an epoch's steps come from: this process ({@link OwnSteps}), or rounds of workers. For one
 * thread.
 */
public interface EpochSteps extends AutoCloseable {
  boolean hasNext();

  /**
   * Takes the next step, or the steps up to the workers' next meeting.
   *
   * @param at the position of its first batch
   * @param factors of the schedule, by the step in the epoch
   * @throws NotFinite (exit 1) if the loss is not finite; nothing is updated then
   */
  TrainingStep.Done take(Position at, LongToDoubleFunction factors, Adapted adapted);

  /** Drops what is in flight; needed only if the epoch was not gone through. */
  @Override
  void close();
}
