package dev.lapidary.exporter.quantize;

import dev.lapidary.core.card.Scoring;
import dev.lapidary.exporter.onnx.OnnxGraph;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Optional;

/**
 * The float model's answers to some images, which quantized ones are compared with. Each image is
 * answered by itself, so that no answer depends on the others.
 */
final class Reference {
  /** Answers are taken so many images at a time where they may be bad enough to stop. */
  private static final int AT_ONCE = 8;

  /** Far more than sums in double are off by: nothing is given up that might be chosen. */
  private static final double ROUNDING = 1e-6;

  private final CalibrationSet images;
  private final Scoring scoring;
  private final float[] outputs;

  /** The nearest graph so far whose answers to the first images were all needed. */
  private Optional<Known> known = Optional.empty();

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

  /**
   * @param answers to the first images
   */
  @SuppressWarnings("ArrayRecordComponent") // never compared
  private record Known(OnnxGraph graph, float[] answers, double error) {}

  /** Over all images. */
  Drift drift(OnnxGraph quantized) {
    if (known.filter(answered -> answered.graph() == quantized).isEmpty()) {
      return drift(quantized, images.count());
    }
    float[] first = known.orElseThrow().answers();
    int classes = outputs.length / images.count();
    float[] all = Arrays.copyOf(first, outputs.length);
    if (first.length < all.length) {
      try (RuntimeModel model = RuntimeModel.load(quantized, 1)) {
        float[] remaining = outputs(model, images, first.length / classes, images.count());
        System.arraycopy(remaining, 0, all, first.length, remaining.length);
      }
    }
    return drift(all, images.count());
  }

  /** Over the first images, or all if there are fewer. */
  Drift drift(OnnxGraph quantized, int atMost) {
    int count = Math.min(atMost, images.count());
    return drift(outputs(quantized, images, count), count);
  }

  /**
   * {@link Drift#relativeError} over the first images, or infinity as soon as some of them alone
   * are off by more than the bound.
   */
  double relativeError(OnnxGraph quantized, int atMost, double bound) {
    int count = Math.min(atMost, images.count());
    int classes = outputs.length / images.count();
    double energy = Drift.energy(first(count), count, scoring);
    double limit = bound * (energy == 0 ? 1 : energy) * (1 + ROUNDING);
    float[] answers = new float[count * classes];
    try (RuntimeModel model = RuntimeModel.load(quantized, 1)) {
      for (int from = 0; from < count; from += AT_ONCE) {
        int to = Math.min(count, from + AT_ONCE);
        float[] rows = outputs(model, images, from, to);
        System.arraycopy(rows, 0, answers, from * classes, rows.length);
        float[] part = Arrays.copyOf(answers, to * classes);
        if (to < count && Drift.error(first(to), part, to, scoring) > limit) {
          return Double.POSITIVE_INFINITY;
        }
      }
    }
    double error = drift(answers, count).relativeError();
    if (known.filter(other -> other.error() <= error).isEmpty()) {
      known = Optional.of(new Known(quantized, answers, error));
    }
    return error;
  }

  private float[] first(int count) {
    return Arrays.copyOf(outputs, outputs.length / images.count() * count);
  }

  /** Of answers to the first images. */
  Drift drift(float[] answers, int count) {
    return Drift.between(first(count), answers, count, scoring);
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
    try (RuntimeModel model = RuntimeModel.load(graph, 1)) {
      return outputs(model, images, 0, count);
    }
  }

  private static float[] outputs(RuntimeModel model, CalibrationSet images, int from, int to) {
    List<float[]> rows = new ArrayList<>();
    InOrder.run(
        to - from,
        image -> images.read(from + image, x -> model.logits(x, images.shape(1))),
        row -> rows.add(row));
    int classes = rows.isEmpty() ? 0 : rows.get(0).length;
    float[] all = new float[rows.size() * classes];
    for (int i = 0; i < rows.size(); i++) {
      System.arraycopy(rows.get(i), 0, all, i * classes, classes);
    }
    return all;
  }
}
