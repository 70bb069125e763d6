package dev.lapidary.torchscript.trace.value;

import dev.lapidary.core.tensor.DType;
import dev.lapidary.torchscript.trace.limit.ProgramRefusal;

/**
 * The integers that a quantized tensor is made of, and what they mean: {@code real = (integer -
 * zeroPoint) * scale}.
 *
 * @param dtype QUINT8 or QINT8
 */
public record QuantizationParameters(double scale, long zeroPoint, DType dtype) {

  /** Refuses what is no affine grid of bytes. */
  public static QuantizationParameters of(double scale, long zeroPoint, DType dtype) {
    if (dtype != DType.QUINT8 && dtype != DType.QINT8) {
      throw ProgramRefusal.unsupported(
          "a tensor quantized to %s; QUINT8 and QINT8 are supported", dtype);
    }
    QuantizationParameters quantization = new QuantizationParameters(scale, zeroPoint, dtype);
    requireScale(scale);
    if (zeroPoint < quantization.min() || zeroPoint > quantization.min() + 255) {
      throw ProgramRefusal.wrong("a zero point of %d, which %s does not hold", zeroPoint, dtype);
    }
    return quantization;
  }

  /** Runtimes have it as float32. */
  public static void requireScale(double scale) {
    if (!((float) scale > 0 && Float.isFinite((float) scale))) {
      throw ProgramRefusal.wrong("a scale of %s; it must be positive and finite", scale);
    }
  }

  /** The same real numbers by the integers of another type. */
  public QuantizationParameters of(DType other) {
    QuantizationParameters same = new QuantizationParameters(scale, zeroPoint, other);
    return new QuantizationParameters(scale, zeroPoint - min() + same.min(), other);
  }

  /** The smallest integer. */
  public long min() {
    return dtype == DType.QINT8 ? -128 : 0;
  }

  /** Whether nothing below zero can be said, so that rounding to the grid is a ReLU too. */
  public boolean startsAtZero() {
    return zeroPoint == min();
  }
}
