package dev.lapidary.exporter.quantize;

import dev.lapidary.exporter.onnx.OnnxGraph;
import java.nio.ByteBuffer;
import java.util.Arrays;

/**
 * How long one image takes with and without quantization, on one thread, the two models in turn: a
 * machine that is busy with other work slows both.
 *
 * @param floatMillis of the float model, the lower decile
 * @param quantizedMillis of the quantized one
 */
public record Latency(double floatMillis, double quantizedMillis) {
  private static final int WARM_UP = 3;
  private static final int ROUNDS = 30;

  /** How many times as fast the quantized model is. */
  public double speedup() {
    return floatMillis / quantizedMillis;
  }

  static Latency of(OnnxGraph fp32, OnnxGraph quantized, CalibrationSet images) {
    ByteBuffer image = images.batch(0, 1);
    long[] shape = images.shape(1);
    double[] a = new double[ROUNDS];
    double[] b = new double[ROUNDS];
    try (RuntimeModel first = RuntimeModel.load(fp32, 1);
        RuntimeModel second = RuntimeModel.load(quantized, 1)) {
      for (int round = -WARM_UP; round < ROUNDS; round++) {
        double x = millis(first, image, shape);
        double y = millis(second, image, shape);
        if (round >= 0) {
          a[round] = x;
          b[round] = y;
        }
      }
    }
    return new Latency(lowerDecile(a), lowerDecile(b));
  }

  private static double millis(RuntimeModel model, ByteBuffer image, long[] shape) {
    long start = System.nanoTime();
    model.logits(image, shape);
    return (System.nanoTime() - start) / 1e6;
  }

  private static double lowerDecile(double[] values) {
    double[] sorted = values.clone();
    Arrays.sort(sorted);
    return sorted[sorted.length / 10];
  }
}
