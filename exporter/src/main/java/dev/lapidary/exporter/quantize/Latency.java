package dev.lapidary.exporter.quantize;

import dev.lapidary.exporter.onnx.OnnxGraph;
import dev.lapidary.exporter.onnx.OnnxWriter;
import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.List;

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
    ByteBuffer image = images.one(0);
    long[] shape = images.shape(1);
    if (apart) {
      return new Latency(
          inTurn(List.of(fp32), image, shape, 1).get(0),
          inTurn(List.of(quantized), image, shape, 1).get(0));
    }
    List<Double> times = inTurn(List.of(fp32, quantized), image, shape, 1);
    return new Latency(times.get(0), times.get(1));
  }

  /**
   * @param float32 answers an image, as the other one does
   */
  static Latency of(Runnable float32, Runnable quantized) {
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
              .map(model -> (Runnable) () -> model.logits(batch, shape))
              .toArray(Runnable[]::new));
    } finally {
      models.forEach(RuntimeModel::close);
    }
  }

  /** Of what each of some takes, in milliseconds, done in turn. */
  private static List<Double> lowerDeciles(Runnable... runs) {
    List<List<Double>> times = new ArrayList<>();
    double spent = 0;
    for (Runnable ignored : runs) {
      times.add(new ArrayList<>());
    }
    for (int round = -WARM_UP; round < ROUNDS && !isEnough(round, spent); round++) {
      for (int i = 0; i < runs.length; i++) {
        long start = System.nanoTime();
        runs[i].run();
        double millis = (System.nanoTime() - start) / 1e6;
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
}
