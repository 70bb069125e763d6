package dev.lapidary.exporter.quantize;

import dev.lapidary.core.card.Scoring;
import dev.lapidary.core.failure.Phrase;
import dev.lapidary.core.measure.Argmax;
import dev.lapidary.core.measure.LabelDecisions;
import java.util.List;

/**
 * How far a quantized model's answers are from the float model's on the same images. Whatever they
 * end in, they are compared as logits, so that the decisions are those about the network before it.
 *
 * @param scoring what the outputs are made to
 * @param images how many
 * @param agreement the share of images with the same argmax; of a multi-label model {@link
 *     LabelDecisions#agreement}, which is the same for one label an image; in [0, 1]
 * @param clearAgreement the same among the decisions that float32 is surer of than of its median
 *     one: what the others flip to is often a coin toss, on images that are no member of any class
 * @param marginNoise how far int8 moves what decides: the mean, over the images, of the change of
 *     the difference of float32's first two logits as a share of that difference, at most all of
 *     it, or of its median where that is greater; of a multi-label model of the logits themselves,
 *     whose distance to 0 decides
 * @param maxAbsDifference over all outputs, as they are
 * @param relativeError the squared differences' sum over the squared logits' sum, under a softmax
 *     both without each image's mean, which it does not see
 */
record Drift(
    Scoring scoring,
    int images,
    double agreement,
    double clearAgreement,
    double marginNoise,
    double maxAbsDifference,
    double relativeError) {

  /** How many of the clear decisions must be float32's. */
  static final double MIN_CLEAR_AGREEMENT = 0.98;

  /**
   * The most that {@link #marginNoise} may be: where it was that on EfficientNet-Lite's
   * photographs, 95 of 100 kept their answer, and the others were near ties.
   */
  static final double MAX_MARGIN_NOISE = 0.10;

  /**
   * The same beside labels, which say something even where it may be chance: EfficientNet-B0s whose
   * margins moved by 14 and 19 % on 512 images lost 0.3 points and gained 0.6 on 10,000 others.
   */
  static final double MAX_MARGIN_NOISE_WITH_LABELS = 0.20;

  /**
   * @param reference outputs of each image
   */
  static Drift between(List<float[]> reference, List<float[]> quantized, Scoring scoring) {
    List<float[]> expected = reference.stream().map(scoring::logits).toList();
    List<float[]> found = quantized.stream().map(scoring::logits).toList();
    double worst = 0;
    int flips = 0;
    LabelDecisions decisions = new LabelDecisions(reference.get(0).length);
    for (int i = 0; i < reference.size(); i++) {
      float[] before = reference.get(i);
      float[] after = quantized.get(i);
      for (int k = 0; k < before.length; k++) {
        worst = Math.max(worst, Math.abs((double) after[k] - before[k]));
      }
      flips += Argmax.of(before) == Argmax.of(after) ? 0 : 1;
      if (scoring.several()) {
        decisions.add(LabelDecisions.of(found.get(i)), LabelDecisions.of(expected.get(i)));
      }
    }
    double[] squares = squares(reference, quantized, scoring);
    double relative = squares[1] == 0 ? squares[0] : squares[0] / squares[1];
    Margins margins = Margins.of(expected, found, scoring);
    return new Drift(
        scoring,
        reference.size(),
        scoring.several() ? decisions.agreement() : 1 - (double) flips / reference.size(),
        margins.clearAgreement(),
        margins.noise(),
        worst,
        relative);
  }

  /** What {@link #relativeError} is a share of. */
  static double energy(List<float[]> reference, Scoring scoring) {
    return squares(reference, reference, scoring)[1];
  }

  /** What {@link #relativeError} is, not yet as a share: it grows with each image. */
  static double error(List<float[]> reference, List<float[]> quantized, Scoring scoring) {
    return squares(reference, quantized, scoring)[0];
  }

  /** Of logits, without each image's mean under a softmax: the differences' and the reference's. */
  private static double[] squares(
      List<float[]> reference, List<float[]> quantized, Scoring scoring) {
    double error = 0;
    double energy = 0;
    for (int i = 0; i < reference.size(); i++) {
      float[] expected = scoring.logits(reference.get(i));
      float[] found = scoring.logits(quantized.get(i));
      double mean = scoring.several() ? 0 : mean(expected);
      double shift = scoring.several() ? 0 : mean(found) - mean;
      for (int k = 0; k < expected.length; k++) {
        double difference = (double) found[k] - expected[k];
        error += (difference - shift) * (difference - shift);
        energy += (expected[k] - mean) * (expected[k] - mean);
      }
    }
    return new double[] {error, energy};
  }

  /** Whether the answers are float32's as nearly as one may ask without knowing the right ones. */
  boolean enough() {
    return within(MAX_MARGIN_NOISE);
  }

  boolean within(double maxMarginNoise) {
    return clearAgreement >= MIN_CLEAR_AGREEMENT && marginNoise <= maxMarginNoise;
  }

  /** For people. */
  String words() {
    return scoring.several()
        ? Phrase.of("labels as float32's to %.2f %% on %d", 100 * agreement, images)
        : Phrase.of("argmax as float32 on %.2f %% of %d", 100 * agreement, images);
  }

  private static double mean(float[] values) {
    double sum = 0;
    for (float value : values) {
      sum += value;
    }
    return sum / values.length;
  }
}
