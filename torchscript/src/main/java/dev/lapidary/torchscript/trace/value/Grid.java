package dev.lapidary.torchscript.trace.value;

import dev.lapidary.core.tensor.DType;
import dev.lapidary.torchscript.trace.limit.Refusal;

/**
 * The integers that a quantized tensor is made of, and what they mean: {@code real = (integer -
 * zeroPoint) * scale}.
 *
 * @param dtype QUINT8 or QINT8
 */
public record Grid(double scale, long zeroPoint, DType dtype) {

  /** Refuses what is no affine grid of bytes. */
  public static Grid of(double scale, long zeroPoint, DType dtype) {
    if (dtype != DType.QUINT8 && dtype != DType.QINT8) {
      throw Refusal.unsupported("a tensor quantized to %s; QUINT8 and QINT8 are supported", dtype);
    }
    Grid grid = new Grid(scale, zeroPoint, dtype);
    requireScale(scale);
    if (zeroPoint < grid.least() || zeroPoint > grid.least() + 255) {
      throw Refusal.wrong("a zero point of %d, which %s does not hold", zeroPoint, dtype);
    }
    return grid;
  }

  /** Runtimes have it as float32. */
  public static void requireScale(double scale) {
    if (!((float) scale > 0 && Float.isFinite((float) scale))) {
      throw Refusal.wrong("a scale of %s; it must be positive and finite", scale);
    }
  }

  /** The same real numbers by the integers of another type. */
  public Grid of(DType other) {
    Grid same = new Grid(scale, zeroPoint, other);
    return new Grid(scale, zeroPoint - least() + same.least(), other);
  }

  /** The smallest integer. */
  public long least() {
    return dtype == DType.QINT8 ? -128 : 0;
  }

  /** Whether nothing below zero can be said, so that rounding to the grid is a ReLU too. */
  public boolean startsAtZero() {
    return zeroPoint == least();
  }
}
