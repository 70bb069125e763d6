package dev.lapidary.trainer.data;

import java.io.Serializable;
import java.util.Arrays;

/**
 * The training images that one of several workers owns: each {@code worldSize}-th from the {@code
 * worker}-th on, so that classes that lie one after the other are shared evenly.
 *
 * @param worker from 0
 * @param worldSize workers
 */
public record Shard(int worker, int worldSize) implements Serializable {
  /** All images. */
  public static final Shard WHOLE = new Shard(0, 1);

  public Shard {
    if (worker < 0 || worker >= worldSize) {
      throw new IllegalArgumentException("worker %d of %d".formatted(worker, worldSize));
    }
  }

  public boolean owns(int sample) {
    return sample % worldSize == worker;
  }

  /** Its own of some samples, in their order. */
  public int[] of(int[] samples) {
    return worldSize == 1 ? samples : Arrays.stream(samples).filter(this::owns).toArray();
  }

  /** How many of so many images it owns. */
  public int size(int images) {
    return (images - worker + worldSize - 1) / worldSize;
  }

  /** A batch's number among those of all workers, from its number among its worker's own. */
  public long number(long batch) {
    return batch * worldSize + worker;
  }
}
