package dev.lapidary.exporter.verify;

import dev.lapidary.core.tensor.Tensor;

/** Parts of batches, as views. */
final class Batches {
  private Batches() {}

  /** Sample {@code index} of [N, ...] as a batch of one. */
  static Tensor sample(Tensor batch, long index) {
    long[] shape = batch.shape();
    shape[0] = 1;
    return batch.view(shape, batch.strides(), batch.offset() + index * batch.strides()[0]);
  }
}
