package dev.lapidary.trainer.augment;

import dev.lapidary.core.tensor.RandomStream;
import dev.lapidary.trainer.data.Batch;

/** Mixes each image of a batch with its predecessor, the first with the last. */
interface BatchStep {
  /** Changes the images in place; the answer's labels say what is in them. */
  Batch apply(Batch batch, int channels, int height, int width, RandomStream random);
}
