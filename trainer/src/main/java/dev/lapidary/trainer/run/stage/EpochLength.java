package dev.lapidary.trainer.run.stage;

import dev.lapidary.trainer.plan.StageConfig;

/**
 * How an epoch's images are cut into batches and steps. One image that would be left alone in the
 * last batch is left out of this epoch (another one in the next): BatchNorm cannot normalize over
 * one value a channel.
 *
 * @param images that are used
 */
public record EpochLength(int images, int batchSize, int accumulate) {

  /**
   * @param images that there are
   */
  public static EpochLength of(int images, StageConfig stage) {
    int size = stage.batchSize();
    boolean lonely = images > size && images % size == 1 && size > 1;
    return new EpochLength(lonely ? images - 1 : images, size, stage.accumulate());
  }

  public long batches() {
    return (images + batchSize - 1L) / batchSize;
  }

  public long steps() {
    return (batches() + accumulate - 1) / accumulate;
  }

  /** Images of the step that begins with this batch; 0 if there is no such batch. */
  public long imagesOfStep(long batch) {
    long start = batch * batchSize;
    return Math.max(0, Math.min((long) accumulate * batchSize, images - start));
  }
}
