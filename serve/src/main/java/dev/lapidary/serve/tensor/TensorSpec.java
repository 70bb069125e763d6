package dev.lapidary.serve.tensor;

import java.util.List;

/**
 * What a graph says of one of its inputs or outputs.
 *
 * @param shape -1 where it is open
 */
public record TensorSpec(String name, DataType type, List<Long> shape) {
  public TensorSpec {
    shape = List.copyOf(shape);
  }

  /** Whether a tensor of this shape fits. */
  public boolean fits(List<Long> other) {
    return Shapes.fits(other, shape);
  }

  boolean isBatched() {
    return !shape.isEmpty() && shape.get(0) < 0;
  }
}
