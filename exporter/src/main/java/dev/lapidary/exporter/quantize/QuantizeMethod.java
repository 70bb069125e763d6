package dev.lapidary.exporter.quantize;

import java.util.Locale;

/** What {@code --quantize} may be; printed and read as {@code int8-dynamic}. */
public enum QuantizeMethod {
  NONE,
  /** {@link StaticInt8}. */
  INT8,
  /** {@link DynamicInt8}. */
  INT8_DYNAMIC,
  /** {@link HalfPrecision}. */
  FP16;

  @Override
  public String toString() {
    return name().toLowerCase(Locale.ROOT).replace('_', '-');
  }
}
