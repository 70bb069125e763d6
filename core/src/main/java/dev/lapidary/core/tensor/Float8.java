package dev.lapidary.core.tensor;

import java.util.Arrays;
import java.util.Optional;

/**
 * Numbers of 8 bits as PyTorch and safetensors have them ({@code c10/util/Float8_*.h}; Micikevicius
 * et al., arXiv 2209.05433): read as float32, which holds each of them exactly.
 */
public enum Float8 {
  E4M3FN("float8_e4m3fn", "F8_E4M3", 3, 7, Specials.NAN_ONLY),
  E5M2("float8_e5m2", "F8_E5M2", 2, 15, Specials.IEEE),
  E4M3FNUZ("float8_e4m3fnuz", "F8_E4M3FNUZ", 3, 8, Specials.NEGATIVE_ZERO),
  E5M2FNUZ("float8_e5m2fnuz", "F8_E5M2FNUZ", 2, 16, Specials.NEGATIVE_ZERO);

  /** Which bits are no number. */
  private enum Specials {
    /** All ones. */
    NAN_ONLY,
    /** The highest exponent: infinities and NaNs. */
    IEEE,
    /** What would be -0 is the only NaN. */
    NEGATIVE_ZERO
  }

  private final String torchName;
  private final String safetensorsName;
  private final int mantissa;
  private final int bias;
  private final Specials specials;

  Float8(String torchName, String safetensorsName, int mantissa, int bias, Specials specials) {
    this.torchName = torchName;
    this.safetensorsName = safetensorsName;
    this.mantissa = mantissa;
    this.bias = bias;
    this.specials = specials;
  }

  /** By {@code torch.<name>}. */
  public static Optional<Float8> ofName(String torchName) {
    return Arrays.stream(values()).filter(t -> t.torchName.equals(torchName)).findFirst();
  }

  /** By the name in a safetensors header. */
  public static Optional<Float8> ofSafetensorsName(String name) {
    return Arrays.stream(values()).filter(t -> t.safetensorsName.equals(name)).findFirst();
  }

  /**
   * A FLOAT32 copy.
   *
   * @param bits a UINT8 view of the numbers
   */
  public Tensor decoded(Tensor bits) {
    float[] values = new float[256];
    for (int i = 0; i < values.length; i++) {
      values[i] = value(i);
    }
    float[] numbers = new float[Math.toIntExact(bits.numel())];
    Tensor.Walk walk = bits.walk();
    for (int i = 0; walk.hasNext(); i++) {
      numbers[i] = values[(int) bits.longAt(walk.next())];
    }
    return Tensor.of(numbers, bits.shape());
  }

  private float value(int bits) {
    int sign = bits >> 7;
    int exponent = (bits & 0x7f) >> mantissa;
    int fraction = bits & ((1 << mantissa) - 1);
    int highest = 0x7f >> mantissa;
    boolean notANumber =
        switch (specials) {
          case NAN_ONLY -> (bits & 0x7f) == 0x7f;
          case IEEE -> exponent == highest && fraction != 0;
          case NEGATIVE_ZERO -> bits == 0x80;
        };
    if (notANumber) {
      return Float.NaN;
    }
    double size =
        specials == Specials.IEEE && exponent == highest
            ? Double.POSITIVE_INFINITY
            : exponent == 0
                ? Math.scalb((double) fraction, 1 - bias - mantissa)
                : Math.scalb((double) ((1 << mantissa) + fraction), exponent - bias - mantissa);
    return (float) (sign == 0 ? size : -size);
  }
}
