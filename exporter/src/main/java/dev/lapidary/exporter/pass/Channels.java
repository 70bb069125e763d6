package dev.lapidary.exporter.pass;

import dev.lapidary.models.tensor.Tensor;
import java.util.Arrays;

/** Arithmetic on weights by channel, in double. */
public final class Channels {
  private Channels() {}

  /** Each slice of the weight along its axis times its factor. weight: FLOAT32 of any rank. */
  public static Tensor scaled(Tensor weight, int axis, double[] factors) {
    float[] values = weight.toFloats();
    long inner = 1;
    for (int d = axis + 1; d < weight.rank(); d++) {
      inner *= weight.size(d);
    }
    for (int i = 0; i < values.length; i++) {
      values[i] = (float) (values[i] * factors[(int) (i / inner % factors.length)]);
    }
    return Tensor.of(values, weight.shape());
  }

  public static Tensor vector(double[] values) {
    float[] floats = new float[values.length];
    for (int i = 0; i < floats.length; i++) {
      floats[i] = (float) values[i];
    }
    return Tensor.of(floats, floats.length);
  }

  static double[] zeros(int count) {
    return new double[count];
  }

  static double[] repeated(double value, int count) {
    double[] all = new double[count];
    Arrays.fill(all, value);
    return all;
  }
}
