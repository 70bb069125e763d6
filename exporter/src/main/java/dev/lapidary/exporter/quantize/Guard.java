package dev.lapidary.exporter.quantize;

import dev.lapidary.core.failure.Phrase;
import dev.lapidary.exporter.onnx.OnnxGraph;
import java.math.BigDecimal;
import java.util.List;
import java.util.Optional;

/**
 * Holds quantized models to what they promise, on images that no range was measured on. By the
 * images' labels where they are known, else by float32's own answers: those that it is sure of must
 * stay, and what decides must not move far beside its margin. Agreement alone would punish the coin
 * tosses among images that are of no class; margins alone would miss the class that nobody watched.
 * Both hold where the labels are known and what they say of the loss may be chance.
 *
 * @param labels of each image; empty if they are not known
 * @param maxDrop the greatest loss of accuracy, or of mAP, in [0, 1]
 */
record Guard(Reference reference, List<List<Integer>> labels, double maxDrop) {
  /** Of shares that are differences of shares. */
  private static final double ROUNDING = 1e-9;

  /** How a model's answers are, and what that means. */
  record Compared(Drift drift, Verdict verdict) {}

  Verdict judge(OnnxGraph quantized) {
    return compare(quantized).verdict();
  }

  Compared compare(OnnxGraph quantized) {
    return compare(reference.answers(quantized));
  }

  /**
   * @param answers of all the images
   */
  Verdict judge(List<float[]> answers) {
    return compare(answers).verdict();
  }

  private Compared compare(List<float[]> answers) {
    Drift drift = reference.drift(answers);
    Optional<Loss> loss =
        labels.isEmpty()
            ? Optional.empty()
            : Optional.of(Loss.of(reference.answers(), answers, labels, reference.scoring()));
    return new Compared(drift, verdict(drift, loss, maxDrop));
  }

  static Verdict verdict(Drift drift, Optional<Loss> loss, double maxDrop) {
    return new Verdict(
        drift.images(),
        loss.map(l -> passes(l, drift, maxDrop)).orElse(drift.enough()),
        drift.agreement(),
        drift.clearAgreement(),
        drift.marginNoise(),
        drift.maxAbsDifference(),
        loss);
  }

  /**
   * Where a single image is more than may be lost, labels cannot tell: one image is let pass, and
   * the answers are held to float32's too. So they are, but not as closely, where what the labels
   * say may be chance.
   */
  private static boolean passes(Loss loss, Drift drift, double maxDrop) {
    double image = 1.0 / loss.images();
    if (maxDrop > 0 && image > maxDrop) {
      return loss.drop() <= image + ROUNDING && drift.within(Drift.MAX_MARGIN_NOISE);
    }
    return loss.drop() <= maxDrop + ROUNDING
        && (loss.standardError() <= maxDrop || drift.within(Drift.MAX_MARGIN_NOISE_WITH_LABELS));
  }

  /** What {@link #verdict} asks for of such a loss, for people. */
  static String asked(Optional<Loss> loss, double maxDrop) {
    if (loss.isEmpty()) {
      return answers(Drift.MAX_MARGIN_NOISE);
    }
    Loss known = loss.get();
    String drop = "--max-drop " + points(maxDrop);
    if (maxDrop > 0 && 1.0 / known.images() > maxDrop) {
      return drop + ", which so few labels cannot tell, " + answers(Drift.MAX_MARGIN_NOISE);
    }
    return known.standardError() <= maxDrop
        ? drop
        : drop
            + ", which labels cannot tell of so many changes, "
            + answers(Drift.MAX_MARGIN_NOISE_WITH_LABELS);
  }

  private static String answers(double maxMarginNoise) {
    return Phrase.of(
        "at least %.0f %% of the clear answers and at most %.0f %% of the margin",
        100 * Drift.MIN_CLEAR_AGREEMENT, 100 * maxMarginNoise);
  }

  /** As {@code --max-drop} is given: 0.5. */
  private static String points(double share) {
    return BigDecimal.valueOf(Math.round(share * 1e8) / 1e6).stripTrailingZeros().toPlainString();
  }
}
