package dev.lapidary.trainer.augment;

import dev.lapidary.core.tensor.RandomStream;

/** Changes one normalized image in place. */
interface TensorStep {
  /** The image is [C,H,W] float32 at {@code offset}. */
  void apply(float[] images, int offset, int channels, int height, int width, RandomStream random);
}
