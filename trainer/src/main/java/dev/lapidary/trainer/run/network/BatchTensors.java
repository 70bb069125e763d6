package dev.lapidary.trainer.run.network;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDManager;
import ai.djl.ndarray.types.Shape;
import dev.lapidary.core.image.Preprocessing;
import dev.lapidary.trainer.data.Batch;
import java.nio.FloatBuffer;
import java.util.Arrays;

/** A batch as the tensors that a training program takes. */
public final class BatchTensors {
  /** Images of a batch of every evaluation: the last bits of a logit depend on its size. */
  public static final int EVALUATED_AT_ONCE = 32;

  private BatchTensors() {}

  /** [count, C, H, W]. */
  public static Shape shape(int count, Preprocessing rule) {
    return new Shape(count, rule.channels(), rule.cropHeight(), rule.cropWidth());
  }

  /** [N, C, H, W] float32, or the shape of the features that the batch holds. */
  public static NDArray images(NDManager step, Batch batch, Preprocessing rule) {
    return images(step, batch, 0, batch.count(), rule);
  }

  /** The same of some of a batch, [to - from, C, H, W]. */
  public static NDArray images(NDManager step, Batch batch, int from, int to, Preprocessing rule) {
    Shape shape = shape(to - from, rule);
    if (batch.entry().isPresent()) {
      shape = new Shape(to - from);
      for (int size : batch.entry().get().shape()) {
        shape = shape.add(size);
      }
    }
    int length = (int) (shape.size() / (to - from));
    return step.create(
        FloatBuffer.wrap(batch.images(), from * length, (to - from) * length), shape);
  }

  /** What the images of a batch are: [N] int64, or [N, labels] of multi-label data. */
  public static NDArray labels(NDManager step, Batch batch) {
    return labels(step, batch, batch.labels(), 0, batch.count());
  }

  /**
   * The same of some of a batch, [to - from] or [to - from, labels].
   *
   * @param labels the batch's own or its others
   */
  public static NDArray labels(NDManager step, Batch batch, long[] labels, int from, int to) {
    int width = batch.labelWidth();
    long[] some = Arrays.copyOfRange(labels, from * width, to * width);
    return width == 1 ? step.create(some) : step.create(some, new Shape(to - from, width));
  }
}
