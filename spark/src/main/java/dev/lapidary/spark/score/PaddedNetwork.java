package dev.lapidary.spark.score;

import dev.lapidary.runtime.batch.BatchFunction;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.FloatBuffer;
import java.util.Arrays;
import java.util.List;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.function.Consumer;

/**
 * Runs every batch at one size, the missing images being zeros: a runtime picks its kernels by
 * shape, so the last bits of an image's logits would follow from how many images came with it, and
 * so from how Spark has cut the table. Thread-safe if the network is.
 */
final class PaddedNetwork implements BatchFunction {
  private final BatchFunction network;
  private final int inputLength;
  private final int batchSize;
  private final ConcurrentLinkedQueue<FloatBuffer> buffers = new ConcurrentLinkedQueue<>();

  /**
   * @param inputLength floats of one image
   */
  PaddedNetwork(BatchFunction network, int inputLength, int batchSize) {
    this.network = network;
    this.inputLength = inputLength;
    this.batchSize = batchSize;
  }

  int batchSize() {
    return batchSize;
  }

  @Override
  public float[] run(FloatBuffer inputs, int count) throws Exception {
    return run(count, padded -> padded.put(inputs.duplicate()));
  }

  /**
   * Without a copy in between.
   *
   * @param inputs one an image, at most a batch
   */
  float[] run(List<float[]> inputs) throws Exception {
    return run(inputs.size(), padded -> inputs.forEach(padded::put));
  }

  private float[] run(int count, Consumer<FloatBuffer> images) throws Exception {
    if (count < 1 || count > batchSize) {
      throw new IllegalArgumentException(
          "a batch of %d images, at most %d".formatted(count, batchSize));
    }
    FloatBuffer padded = borrow();
    try {
      images.accept(padded.clear());
      while (padded.hasRemaining()) {
        padded.put(0);
      }
      float[] outputs = network.run(padded.flip(), batchSize);
      if (outputs.length == 0 || outputs.length % batchSize != 0) {
        throw new IllegalStateException(
            "the network gave %d logits for %d images".formatted(outputs.length, batchSize));
      }
      return Arrays.copyOf(outputs, outputs.length / batchSize * count);
    } finally {
      buffers.add(padded);
    }
  }

  /** As many are made as tasks run beside each other; memory outside of the heap is freed late. */
  private FloatBuffer borrow() {
    FloatBuffer free = buffers.poll();
    return free == null
        ? ByteBuffer.allocateDirect(
                Math.toIntExact(
                    Math.multiplyExact((long) Float.BYTES * inputLength, (long) batchSize)))
            .order(ByteOrder.nativeOrder())
            .asFloatBuffer()
        : free;
  }
}
