package dev.lapidary.exporter.quantize;

import dev.lapidary.core.tensor.DType;

/** The integer grids in use, with the bounds that values are clipped to. */
enum QuantType {
  /** Activations: {@code 0..255} with a zero point of their own. */
  U8(0, 255, false, DType.UINT8),
  /**
   * Weights: {@code -127..127} around zero point 0; -128 is left out to keep the grid symmetric.
   */
  S8_SYMMETRIC(-127, 127, true, DType.INT8),
  /** Weights two of whose products with 0..255 fit into 16 bits: 2 * 255 * 64 = 32,640. */
  S7_SYMMETRIC(-64, 64, true, DType.INT8);

  private final int min;
  private final int max;
  private final boolean symmetric;
  private final DType dtype;

  QuantType(int min, int max, boolean symmetric, DType dtype) {
    this.min = min;
    this.max = max;
    this.symmetric = symmetric;
    this.dtype = dtype;
  }

  int min() {
    return min;
  }

  int max() {
    return max;
  }

  boolean symmetric() {
    return symmetric;
  }

  DType dtype() {
    return dtype;
  }
}
