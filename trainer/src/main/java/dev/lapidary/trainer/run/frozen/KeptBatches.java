package dev.lapidary.trainer.run.frozen;

import dev.lapidary.trainer.data.Batch;
import dev.lapidary.trainer.data.BatchSource;
import dev.lapidary.trainer.data.Dataset;
import dev.lapidary.trainer.data.FeatureFile;
import java.util.Arrays;

/** Batches out of a file: no image is read. */
final class KeptBatches implements BatchSource {
  private final FeatureFile file;
  private final Dataset data;
  private final int[] order;
  private final int batchSize;
  private final int cut;
  private int next;

  KeptBatches(FeatureFile file, Dataset data, int[] order, int batchSize, int firstBatch, int cut) {
    this.file = file;
    this.data = data;
    this.order = order;
    this.batchSize = batchSize;
    this.cut = cut;
    this.next = (int) Math.min(order.length, (long) firstBatch * batchSize);
  }

  @Override
  public boolean hasNext() {
    return next < order.length;
  }

  @Override
  public Batch next() {
    int count = Math.min(batchSize, order.length - next);
    float[] values = new float[count * file.floats()];
    int[] samples = Arrays.copyOfRange(order, next, next + count);
    for (int i = 0; i < count; i++) {
      file.read(samples[i], values, i * file.floats());
    }
    next += count;
    return Batch.ofFeatures(
        values, new Batch.Entry(cut, file.shape()), data.targets(samples), samples);
  }

  @Override
  public void close() {}
}
