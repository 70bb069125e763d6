package dev.lapidary.serve.bench;

import dev.lapidary.runtime.batch.BatchFunction;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.FloatBuffer;
import java.time.Duration;
import java.util.List;

/** The network on batches of one size, from tensors that are ready. */
final class InProcessContender implements Contender {
  private final BatchFunction network;
  private final List<float[]> inputs;
  private final int batch;
  private final FloatBuffer buffer;
  private int next;

  InProcessContender(BatchFunction network, List<float[]> inputs, int batch) {
    this.network = network;
    this.inputs = inputs;
    this.batch = batch;
    int floats = Math.multiplyExact(batch, inputs.get(0).length);
    this.buffer =
        ByteBuffer.allocateDirect(Math.multiplyExact(Float.BYTES, floats))
            .order(ByteOrder.nativeOrder())
            .asFloatBuffer();
  }

  @Override
  public void measure(Duration time, Samples samples) throws Exception {
    long began = System.nanoTime();
    long images = 0;
    long ended;
    do {
      long callBegan = System.nanoTime();
      buffer.clear();
      for (int i = 0; i < batch; i++) {
        buffer.put(inputs.get(next));
        next = (next + 1) % inputs.size();
      }
      network.run(buffer.flip(), batch);
      ended = System.nanoTime();
      samples.answered(ended - callBegan);
      images += batch;
    } while (ended - began < time.toNanos());
    samples.round(images, ended - began);
    samples.batches(images, images / batch);
  }
}
