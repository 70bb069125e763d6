package dev.lapidary.runtime.tensor;

import ai.onnxruntime.OnnxJavaType;
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
    return TensorShapes.fits(other, shape);
  }

  /** Whether its first dimension is open, which is then the batch's. */
  public boolean isBatched() {
    return !shape.isEmpty() && shape.get(0) < 0;
  }

  /** Whether a tensor of its type can be made for ONNX Runtime. */
  public boolean isGivable() {
    return type.java() != OnnxJavaType.UNKNOWN;
  }
}
