package dev.lapidary.exporter.quantize;

import dev.lapidary.core.card.Scoring;
import dev.lapidary.exporter.onnx.OnnxGraph;
import java.util.ArrayList;
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
  private final List<float[]> outputs;

  /** The nearest graph so far whose answers to the first images were all needed. */
  private Optional<Known> known = Optional.empty();

  private Reference(CalibrationSet images, Scoring scoring, List<float[]> outputs) {
    this.images = images;
    this.scoring = scoring;
    this.outputs = outputs;
  }

  /**
   * @param scoring what the outputs are made to, and so which of their changes matter
   */
  static Reference of(OnnxGraph fp32, CalibrationSet images, Scoring scoring) {
    return new Reference(images, scoring, outputs(fp32, images, 0, images.count()));
  }

  /**
   * @param answers to the first images
   */
  private record Known(OnnxGraph graph, List<float[]> answers, double error) {}

  /** Over all images. */
  Drift drift(OnnxGraph quantized) {
    List<float[]> answers =
        new ArrayList<>(
            known
                .filter(first -> first.graph() == quantized)
                .map(Known::answers)
                .orElse(List.of()));
    if (answers.size() < images.count()) {
      answers.addAll(outputs(quantized, images, answers.size(), images.count()));
    }
    return drift(answers);
  }

  /** Over the first images, or all if there are fewer. */
  Drift drift(OnnxGraph quantized, int atMost) {
    return drift(outputs(quantized, images, 0, Math.min(atMost, images.count())));
  }

  /**
   * {@link Drift#relativeError} over the first images, or infinity as soon as some of them alone
   * are off by more than the bound.
   */
  double relativeError(OnnxGraph quantized, int atMost, double bound) {
    int count = Math.min(atMost, images.count());
    double energy = Drift.energy(outputs.subList(0, count), scoring);
    double limit = bound * (energy == 0 ? 1 : energy) * (1 + ROUNDING);
    List<float[]> answers = new ArrayList<>();
    try (RuntimeModel model = RuntimeModel.load(quantized, 1)) {
      for (int from = 0; from < count; from += AT_ONCE) {
        int to = Math.min(count, from + AT_ONCE);
        answers.addAll(outputs(model, images, from, to));
        if (to < count && Drift.error(outputs.subList(0, to), answers, scoring) > limit) {
          return Double.POSITIVE_INFINITY;
        }
      }
    }
    double error = drift(answers).relativeError();
    if (known.filter(other -> other.error() <= error).isEmpty()) {
      known = Optional.of(new Known(quantized, answers, error));
    }
    return error;
  }

  /** Of answers to the first images. */
  Drift drift(List<float[]> answers) {
    return Drift.between(outputs.subList(0, answers.size()), answers, scoring);
  }

  /** A graph's answers to all the images. */
  List<float[]> answers(OnnxGraph graph) {
    return outputs(graph, images, 0, images.count());
  }

  /** The float model's. Not to be changed. */
  List<float[]> answers() {
    return outputs;
  }

  Scoring scoring() {
    return scoring;
  }

  private static List<float[]> outputs(OnnxGraph graph, CalibrationSet images, int from, int to) {
    try (RuntimeModel model = RuntimeModel.load(graph, 1)) {
      return outputs(model, images, from, to);
    }
  }

  private static List<float[]> outputs(
      RuntimeModel model, CalibrationSet images, int from, int to) {
    List<float[]> rows = new ArrayList<>();
    InOrder.run(
        to - from,
        image -> images.read(from + image, x -> model.logits(x, images.shape(1))),
        rows::add);
    return rows;
  }
}
