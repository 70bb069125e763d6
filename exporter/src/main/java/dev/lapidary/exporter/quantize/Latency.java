package dev.lapidary.exporter.quantize;

import dev.lapidary.exporter.onnx.OnnxGraph;
import dev.lapidary.exporter.onnx.OnnxWriter;
import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.List;
import java.util.function.DoubleSupplier;

/**
 * How long one image takes with and without quantization, on one thread, the two models in turn: a
 * machine that is busy with other work slows both. Large ones are loaded one after the other, since
 * a runtime holds its weights twice while it arranges them.
 *
 * @param floatMillis of the float model, the lower decile
 * @param quantizedMillis of the quantized one
 */
public record Latency(double floatMillis, double quantizedMillis) {
  private static final int WARM_UP = 3;
  private static final int ROUNDS = 30;

  /** A slow network's images differ little; it need not take minutes to say so. */
  private static final double ENOUGH_MILLIS = 20_000;

  /** From so many rounds on, which have a lower decile, a second has been enough. */
  private static final int FEW_ROUNDS = 12;

  private static final double FEW_MILLIS = 1_000;

  private static final long LARGE_BYTES = 1L << 30;

  /** How many times as fast the quantized model is. */
  public double speedup() {
    return floatMillis / quantizedMillis;
  }

  static Latency of(OnnxGraph fp32, OnnxGraph quantized, CalibrationSet images) {
    return of(fp32, quantized, images, OnnxWriter.weightBytes(fp32) > LARGE_BYTES);
  }

  /**
   * @param apart one model at a time
   */
  static Latency of(OnnxGraph fp32, OnnxGraph quantized, CalibrationSet images, boolean apart) {
    ByteBuffer image = images.batch(0, 1);
    long[] shape = images.shape(1);
    if (apart) {
      return new Latency(alone(fp32, image, shape), alone(quantized, image, shape));
    }
    try (RuntimeModel first = RuntimeModel.load(fp32, 1);
        RuntimeModel second = RuntimeModel.load(quantized, 1)) {
      return of(() -> millis(first, image, shape), () -> millis(second, image, shape));
    }
  }

  /**
   * @param float32 milliseconds of an image, as the other one's
   */
  static Latency of(DoubleSupplier float32, DoubleSupplier quantized) {
    List<Double> times = lowerDeciles(float32, quantized);
    return new Latency(times.get(0), times.get(1));
  }

  /** Of a batch each, in milliseconds; threads 0 are as many as there are processors. */
  static List<Double> inTurn(List<OnnxGraph> graphs, ByteBuffer batch, long[] shape, int threads) {
    List<RuntimeModel> models = new ArrayList<>();
    try {
      graphs.forEach(graph -> models.add(RuntimeModel.load(graph, threads)));
      return lowerDeciles(
          models.stream()
              .map(model -> (DoubleSupplier) () -> millis(model, batch, shape))
              .toArray(DoubleSupplier[]::new));
    } finally {
      models.forEach(RuntimeModel::close);
    }
  }

  private static double alone(OnnxGraph graph, ByteBuffer image, long[] shape) {
    try (RuntimeModel model = RuntimeModel.load(graph, 1)) {
      return lowerDeciles(() -> millis(model, image, shape)).get(0);
    }
  }

  /** Of each of some measurements, taken in turn. */
  private static List<Double> lowerDeciles(DoubleSupplier... measurements) {
    List<List<Double>> times = new ArrayList<>();
    double spent = 0;
    for (DoubleSupplier ignored : measurements) {
      times.add(new ArrayList<>());
    }
    for (int round = -WARM_UP; round < ROUNDS && !isEnough(round, spent); round++) {
      for (int i = 0; i < measurements.length; i++) {
        double millis = measurements[i].getAsDouble();
        spent += millis;
        if (round >= 0) {
          times.get(i).add(millis);
        }
      }
    }
    return times.stream()
        .map(list -> list.stream().sorted().toList().get(list.size() / 10))
        .toList();
  }

  private static boolean isEnough(int round, double spent) {
    return round > 0 && spent >= (round < FEW_ROUNDS ? ENOUGH_MILLIS : FEW_MILLIS);
  }

  private static double millis(RuntimeModel model, ByteBuffer image, long[] shape) {
    long start = System.nanoTime();
    model.logits(image, shape);
    return (System.nanoTime() - start) / 1e6;
  }
}
