package dev.lapidary.trainer.run.stage;

import dev.lapidary.trainer.data.Dataset;
import dev.lapidary.trainer.data.EpochOrder;
import dev.lapidary.trainer.plan.StageConfig;
import java.util.Arrays;

/**
 * How an epoch's images are cut into batches and steps. One image that would be left alone in the
 * last batch is left out of this epoch (another one in the next): BatchNorm cannot normalize over
 * one value a channel.
 */
public final class EpochBatches {
  private final int[] order;
  private final int batchSize;
  private final int accumulate;

  private EpochBatches(int[] order, int batchSize, int accumulate) {
    this.order = order;
    this.batchSize = batchSize;
    this.accumulate = accumulate;
  }

  public static EpochBatches of(
      Dataset data, EpochOrder sampling, long seed, int epoch, StageConfig stage) {
    int[] order = sampling.samples(data, seed, epoch);
    int size = stage.batchSize();
    boolean lonely = order.length > size && order.length % size == 1 && size > 1;
    int[] used = lonely ? Arrays.copyOf(order, order.length - 1) : order;
    return new EpochBatches(used, size, stage.accumulate());
  }

  public int[] order() {
    return order;
  }

  public long batches() {
    return (order.length + batchSize - 1L) / batchSize;
  }

  public long steps() {
    return (batches() + accumulate - 1) / accumulate;
  }

  /** Images of the step that begins with this batch. */
  public long imagesOfStep(long batch) {
    long start = batch * batchSize;
    return Math.min((long) accumulate * batchSize, order.length - start);
  }
}
