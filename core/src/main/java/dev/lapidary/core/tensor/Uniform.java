package dev.lapidary.core.tensor;

import java.nio.charset.StandardCharsets;
import java.util.zip.CRC32;

/**
 * Numbers that anyone can make again from a name, in any language: for parity inputs and tests.
 *
 * <p>Element i, in unsigned 32-bit arithmetic: {@code h = crc32(utf8(name)) + i * 0x9E3779B9},
 * MurmurHash3's finalizer on h, then {@code h / 2^32 * 2 - 1}.
 */
public final class Uniform {
  private Uniform() {}

  /** {@code count} values in [-1, 1), as float64. */
  public static double[] u(String name, int count) {
    CRC32 crc = new CRC32();
    crc.update(name.getBytes(StandardCharsets.UTF_8));
    int start = (int) crc.getValue();
    double[] values = new double[count];
    for (int i = 0; i < count; i++) {
      int h = start + i * 0x9E3779B9;
      h ^= h >>> 16;
      h *= 0x85EBCA6B;
      h ^= h >>> 13;
      h *= 0xC2B2AE35;
      h ^= h >>> 16;
      values[i] = Integer.toUnsignedLong(h) / 0x1p32 * 2 - 1;
    }
    return values;
  }

  /** The same as a FLOAT32 tensor. */
  public static Tensor tensor(String name, long... shape) {
    double[] values = u(name, Math.toIntExact(Tensor.numel(shape)));
    float[] floats = new float[values.length];
    for (int i = 0; i < floats.length; i++) {
      floats[i] = (float) values[i];
    }
    return Tensor.of(floats, shape);
  }
}
