package dev.lapidary.exporter.pass;

import dev.lapidary.core.tensor.DType;
import dev.lapidary.core.tensor.Storage;
import dev.lapidary.core.tensor.Tensor;
import java.nio.FloatBuffer;

/** Arithmetic on weights by channel, in double. */
public final class Channels {
  private static final int MAX_ROW = 1 << 13;

  private Channels() {}

  /**
   * Each slice of the weight along its axis times its factor, once somebody asks for the numbers.
   *
   * @param weight FLOAT32 of any rank
   */
  public static Tensor scaled(Tensor weight, int axis, double[] factors) {
    Storage storage =
        Storage.computed(
            weight.numel() * Float.BYTES, to -> scale(weight, axis, factors, to.asFloatBuffer()));
    return Tensor.over(DType.FLOAT32, storage, weight.shape());
  }

  private static void scale(Tensor weight, int axis, double[] factors, FloatBuffer to) {
    FloatBuffer from = weight.bytes().asFloatBuffer();
    long inner = 1;
    for (int d = axis + 1; d < weight.rank(); d++) {
      inner *= weight.size(d);
    }
    float[] row = new float[(int) Math.min(inner, MAX_ROW)];
    for (long r = 0; to.hasRemaining(); r++) {
      double factor = factors[(int) (r % factors.length)];
      for (long left = inner; left > 0; left -= row.length) {
        int count = (int) Math.min(left, row.length);
        from.get(row, 0, count);
        for (int i = 0; i < count; i++) {
          row[i] = (float) (row[i] * factor);
        }
        to.put(row, 0, count);
      }
    }
  }

  public static Tensor vector(double[] values) {
    float[] floats = new float[values.length];
    for (int i = 0; i < floats.length; i++) {
      floats[i] = (float) values[i];
    }
    return Tensor.of(floats, floats.length);
  }
}
