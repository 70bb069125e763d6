package dev.lapidary.serve.bench;

import dev.lapidary.runtime.batch.BatchFunction;
import dev.lapidary.runtime.batch.FloatNetwork;
import java.nio.FloatBuffer;
import java.time.Duration;
import java.util.List;

/** The network on batches of one size, from tensors that are ready, in some runs at a time. */
final class InProcessContender implements Contender {
  private final BatchFunction network;
  private final List<float[]> inputs;
  private final int batch;
  private final int runs;

  /**
   * @param runs that go on at a time, each on a thread of its own
   */
  InProcessContender(BatchFunction network, List<float[]> inputs, int batch, int runs) {
    this.network = network;
    this.inputs = inputs;
    this.batch = batch;
    this.runs = runs;
  }

  @Override
  public void measure(Duration time, Samples samples) throws Exception {
    long began = System.nanoTime();
    long images = Contender.together(runs, () -> run(began, time, samples));
    samples.round(images, System.nanoTime() - began);
    samples.batches(images, images / batch);
  }

  /** Returns the images. */
  private long run(long began, Duration time, Samples samples) throws Exception {
    FloatBuffer buffer = FloatNetwork.direct(Math.multiplyExact(batch, inputs.get(0).length));
    int next = 0;
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
    return images;
  }
}
