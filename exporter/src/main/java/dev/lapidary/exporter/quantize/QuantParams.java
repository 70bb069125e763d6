package dev.lapidary.exporter.quantize;

import dev.lapidary.core.tensor.Tensor;

/**
 * Real = (integer - zeroPoint) * scale, as ONNX QuantizeLinear/DequantizeLinear define it, and as
 * ONNX Runtime's own quantization tool computes it: in double, the scale cast to float at the end.
 *
 * @param scale positive, float32
 * @param zeroPoint the integer that stands for 0
 */
record QuantParams(float scale, int zeroPoint, QuantType type) {
  QuantParams {
    if (!(scale > 0) || Float.isInfinite(scale)) {
      throw new IllegalArgumentException("a scale must be positive and finite but is " + scale);
    }
    if (zeroPoint < type.min() || zeroPoint > type.max()) {
      throw new IllegalArgumentException("zero point " + zeroPoint + " lies outside of " + type);
    }
  }

  /** The parameters that cover a range; a range too small for float32 has scale 1, zero point 0. */
  static QuantParams of(Range range, QuantType type) {
    double min = range.min();
    double max = range.max();
    if (type.symmetric()) {
      max = Math.max(Math.abs(min), Math.abs(max));
      min = -max;
    }
    double scale = (max - min) / ((double) type.max() - type.min());
    if (scale < Float.MIN_NORMAL) {
      return new QuantParams(1, 0, type);
    }
    double zero = type.symmetric() ? (type.min() + type.max()) / 2.0 : type.min() - min / scale;
    return new QuantParams((float) scale, (int) Math.rint(zero), type);
  }

  /** Rounds half to even, then clips. */
  int quantize(double value) {
    double q = Math.rint(value / scale) + zeroPoint;
    return (int) Math.max(type.min(), Math.min(type.max(), q));
  }

  /** One integer as ONNX has it. */
  Tensor tensor(int q) {
    Tensor one = Tensor.zeros(type.dtype());
    one.bytes().put(0, (byte) q);
    return one;
  }

  double dequantize(int q) {
    return (double) (q - zeroPoint) * scale;
  }

  /** The value that survives a round trip through the integers. */
  double fake(double value) {
    return dequantize(quantize(value));
  }
}
