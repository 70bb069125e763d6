package dev.lapidary.exporter.quantize;

import dev.lapidary.core.card.Scoring;
import dev.lapidary.exporter.onnx.OnnxGraph;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;

/**
 * The float model's answers to some images, which quantized ones are compared with. Each image is
 * answered by itself, so that no answer depends on the others.
 */
final class Reference {
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
    return drift(outputs(quantized, images, count), count);
  }

  /** Of answers to the first images. */
  Drift drift(float[] answers, int count) {
    float[] part = Arrays.copyOf(outputs, outputs.length / images.count() * count);
    return Drift.between(part, answers, count, scoring);
  }

  /** A graph's answers to all the images: row-major [n, classes]. */
  float[] answers(OnnxGraph graph) {
    return outputs(graph, images, images.count());
  }

  /** The float model's. Not to be changed. */
  float[] answers() {
    return outputs;
  }

  /** How many. */
  int images() {
    return images.count();
  }

  Scoring scoring() {
    return scoring;
  }

  private static float[] outputs(OnnxGraph graph, CalibrationSet images, int count) {
    List<float[]> rows = new ArrayList<>();
    try (RuntimeModel model = RuntimeModel.load(graph, 1)) {
      InOrder.run(
          count, image -> model.logits(images.one(image), images.shape(1)), row -> rows.add(row));
    }
    int classes = rows.isEmpty() ? 0 : rows.get(0).length;
    float[] all = new float[count * classes];
    for (int i = 0; i < rows.size(); i++) {
      System.arraycopy(rows.get(i), 0, all, i * classes, classes);
    }
    return all;
  }
}
