package dev.lapidary.models.zoo;

import dev.lapidary.core.tensor.Tensor;

/**
 * A tensor inside a forward method while the network is described: the name it has in the text, and
 * its shape for one image of the network's size (the first size is the batch, 1). The text never
 * depends on the shape; shapes are there to count multiplications and to catch mistakes.
 */
@SuppressWarnings("ArrayRecordComponent")
record Value(String name, long... shape) {
  /** Size of a dimension; negative counts from the end. */
  long size(int dimension) {
    return shape[dimension < 0 ? shape.length + dimension : dimension];
  }

  /** The same sizes with one replaced. */
  long[] with(int dimension, long size) {
    long[] sizes = shape.clone();
    sizes[dimension < 0 ? shape.length + dimension : dimension] = size;
    return sizes;
  }

  long numel() {
    return Tensor.numel(shape);
  }
}
