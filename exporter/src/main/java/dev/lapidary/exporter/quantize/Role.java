package dev.lapidary.exporter.quantize;

/** What a node becomes in the int8 graph. */
enum Role {
  /** Computes on integers; its output is quantized. */
  COMPUTE,
  /** Gemm or MatMul on integers that gives floats: nothing after it wants integers. */
  COMPUTE_TO_FLOAT,
  /** Moves or picks integers: input and output have the same scale and zero point. */
  PASS,
  /** Relu or Clip at 0 that its producer's quantization performs by saturating. */
  ABSORBED,
  /** Untouched. */
  FLOAT;

  /** Whether the node's output exists as integers. */
  boolean givesIntegers() {
    return this == COMPUTE || this == PASS || this == ABSORBED;
  }

  /** Whether the node reads its activations as integers. */
  boolean takesIntegers() {
    return this == COMPUTE || this == COMPUTE_TO_FLOAT || this == PASS;
  }
}
