package dev.lapidary.trainer.run.stage;

import dev.lapidary.trainer.data.Dataset;
import dev.lapidary.trainer.data.EpochOrder;
import dev.lapidary.trainer.data.Shard;
import dev.lapidary.trainer.plan.StageConfig;
import java.util.Arrays;

/** Which images each of an epoch's batches holds; {@link EpochLength} says how many. */
@SuppressWarnings("ArrayRecordComponent") // never compared
public record EpochBatches(int[] order, EpochLength length) {

  /** Of those that a worker owns, in the order that the epoch has for all. */
  public static EpochBatches of(
      Dataset data, EpochOrder sampling, long seed, int epoch, StageConfig stage, Shard shard) {
    int[] order = shard.of(sampling.samples(data, seed, epoch));
    EpochLength length = EpochLength.of(order.length, stage);
    return new EpochBatches(Arrays.copyOf(order, length.images()), length);
  }

  public long batches() {
    return length.batches();
  }

  public long steps() {
    return length.steps();
  }

  /** Images of the step that begins with this batch. */
  public long imagesOfStep(long batch) {
    return length.imagesOfStep(batch);
  }

  /** Positions of the samples of so many batches from this one on, those that there are. */
  public int[] samples(long batch, long count) {
    long from = Math.min(order.length, batch * length.batchSize());
    long to = Math.min(order.length, (batch + count) * length.batchSize());
    return Arrays.copyOfRange(order, (int) from, (int) to);
  }
}
