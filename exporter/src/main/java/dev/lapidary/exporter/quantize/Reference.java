package dev.lapidary.exporter.quantize;

import dev.lapidary.core.card.Scoring;
import dev.lapidary.exporter.onnx.OnnxGraph;
import java.util.Arrays;

/** The float model's answers to the calibration images, which quantized ones are compared with. */
final class Reference {
  /** A batch of its own, so that a large network's activations fit in memory. */
  private static final int BATCH = 16;

  private final CalibrationSet images;
  private final Scoring scoring;
  private final float[] outputs;

  private Reference(CalibrationSet images, Scoring scoring, float[] outputs) {
    this.images = images;
    this.scoring = scoring;
    this.outputs = outputs;
  }

  /**
   * @param scoring what the outputs are made to, and so which of their changes matter
   */
  static Reference of(OnnxGraph fp32, CalibrationSet images, Scoring scoring) {
    return new Reference(images, scoring, outputs(fp32, images, images.count()));
  }

  /** Over all images. */
  Drift drift(OnnxGraph quantized) {
    return drift(quantized, images.count());
  }

  /** Over the first images, or all if there are fewer. */
  Drift drift(OnnxGraph quantized, int atMost) {
    int count = Math.min(atMost, images.count());
    float[] part = Arrays.copyOf(outputs, outputs.length / images.count() * count);
    return Drift.between(part, outputs(quantized, images, count), count, scoring);
  }

  private static float[] outputs(OnnxGraph graph, CalibrationSet images, int count) {
    try (RuntimeModel model = RuntimeModel.load(graph)) {
      float[] all = new float[0];
      for (int from = 0; from < count; from += BATCH) {
        int to = Math.min(count, from + BATCH);
        float[] some = model.logits(images.batch(from, to), images.shape(to - from));
        int classes = some.length / (to - from);
        all = Arrays.copyOf(all, Math.max(all.length, count * classes));
        System.arraycopy(some, 0, all, from * classes, some.length);
      }
      return all;
    }
  }
}
