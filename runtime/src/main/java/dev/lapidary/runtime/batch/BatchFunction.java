package dev.lapidary.runtime.batch;

import java.nio.FloatBuffer;

/** A network's forward pass over a batch of any size. Called by one thread at a time. */
@FunctionalInterface
public interface BatchFunction {
  /**
   * @param inputs direct, {@code count * inputLength} floats from position 0 to its limit; the
   *     images one after the other
   * @return {@code count * classes} logits, the images one after the other
   * @throws Exception whatever the runtime throws; the batch is then run again in halves
   */
  float[] run(FloatBuffer inputs, int count) throws Exception;
}
