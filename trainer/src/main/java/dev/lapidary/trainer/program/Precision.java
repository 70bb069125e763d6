package dev.lapidary.trainer.program;

/**
 * In what type convolutions, linear layers, matrix products and attention compute while gradients
 * are recorded. Weights, norms, softmax and loss stay float32, and so does every evaluation.
 */
public enum Precision {
  FP32(6),
  BF16(15),
  FP16(5);

  /** {@code c10::ScalarType}. */
  private final int scalarType;

  Precision(int scalarType) {
    this.scalarType = scalarType;
  }

  int scalarType() {
    return scalarType;
  }
}
