package dev.lapidary.runtime.model;

import dev.lapidary.core.image.Preprocessing;
import dev.lapidary.runtime.batch.BatchFunction;
import java.nio.FloatBuffer;

/** A loaded model's own forward pass, not one that was put in its place. */
record OwnFunction(ImageNetwork network, Preprocessing preprocessing) implements BatchFunction {
  @Override
  public float[] run(FloatBuffer inputs, int count) throws Exception {
    return network.run(
        inputs,
        count,
        preprocessing.channels(),
        preprocessing.cropHeight(),
        preprocessing.cropWidth());
  }
}
