package dev.lapidary.exporter.quantize;

import dev.lapidary.core.card.Scoring;
import dev.lapidary.core.measure.LabelDecisions;
import java.util.Arrays;
import java.util.Locale;

/**
 * How far a quantized model's answers are from the float model's on the same images. Whatever they
 * end in, they are compared as logits, so that the decisions are those about the network before it.
 *
 * @param scoring what the outputs are made to
 * @param images how many
 * @param flips how many of them have another argmax; of a multi-label model decisions that differ
 * @param agreement the share of images with the same argmax; of a multi-label model {@link
 *     LabelDecisions#agreement}, which is the same for one label an image; in [0, 1]
 * @param maxAbsDifference over all outputs, as they are
 * @param relativeError the squared differences' sum over the squared logits' sum, under a softmax
 *     both without each image's mean, which it does not see
 */
record Drift(
    Scoring scoring,
    int images,
    long flips,
    double agreement,
    double maxAbsDifference,
    double relativeError) {

  /**
   * @param reference row-major [n, classes]
   */
  static Drift between(float[] reference, float[] quantized, int images, Scoring scoring) {
    int classes = reference.length / images;
    boolean softmax = !scoring.several();
    float[] expected = scoring.logits(reference);
    float[] found = scoring.logits(quantized);
    double worst = 0;
    double error = 0;
    double energy = 0;
    for (int i = 0; i < images; i++) {
      int from = i * classes;
      double mean = softmax ? mean(expected, from, classes) : 0;
      double shift = softmax ? mean(found, from, classes) - mean : 0;
      for (int k = from; k < from + classes; k++) {
        worst = Math.max(worst, Math.abs((double) quantized[k] - reference[k]));
        double difference = (double) found[k] - expected[k];
        error += (difference - shift) * (difference - shift);
        energy += (expected[k] - mean) * (expected[k] - mean);
      }
    }
    double relative = energy == 0 ? error : error / energy;
    if (softmax) {
      int flips = flips(reference, quantized, images, classes);
      return new Drift(scoring, images, flips, 1 - (double) flips / images, worst, relative);
    }
    LabelDecisions decisions = decisions(expected, found, images, classes);
    return new Drift(
        scoring, images, decisions.differences(), decisions.agreement(), worst, relative);
  }

  /** Whether the answers agree often enough; one near-tie among few images proves nothing. */
  boolean enough(double minAgreement) {
    return flips <= 1 || agreement >= minAgreement;
  }

  /** For people. */
  String words() {
    return String.format(
        Locale.ROOT,
        scoring.several()
            ? "labels as float32's to %.2f %% on %d"
            : "argmax as float32 on %.2f %% of %d",
        100 * agreement,
        images);
  }

  private static int flips(float[] reference, float[] quantized, int images, int classes) {
    int flips = 0;
    for (int from = 0; from < images * classes; from += classes) {
      flips += argmax(reference, from, classes) == argmax(quantized, from, classes) ? 0 : 1;
    }
    return flips;
  }

  private static LabelDecisions decisions(
      float[] reference, float[] quantized, int images, int classes) {
    LabelDecisions decisions = new LabelDecisions(classes);
    for (int from = 0; from < images * classes; from += classes) {
      decisions.add(
          LabelDecisions.of(Arrays.copyOfRange(quantized, from, from + classes)),
          LabelDecisions.of(Arrays.copyOfRange(reference, from, from + classes)));
    }
    return decisions;
  }

  private static int argmax(float[] values, int from, int count) {
    int best = from;
    for (int k = from + 1; k < from + count; k++) {
      if (values[k] > values[best]) {
        best = k;
      }
    }
    return best - from;
  }

  private static double mean(float[] values, int from, int count) {
    double sum = 0;
    for (int k = from; k < from + count; k++) {
      sum += values[k];
    }
    return sum / count;
  }
}
