package dev.lapidary.exporter.quantize;

import dev.lapidary.core.card.Scoring;
import dev.lapidary.exporter.onnx.OnnxGraph;
import java.util.List;
import java.util.Optional;

/**
 * Holds quantized models to what they promise, on images that no range was measured on. By the
 * images' labels where they are known, else by float32's own answers: those that it is sure of must
 * stay, and what decides must not move far beside its margin. Agreement alone would punish the coin
 * tosses among images that are of no class; margins alone would miss the class that nobody watched.
 */
final class Guard {
  /** Of shares that are differences of shares. */
  private static final double ROUNDING = 1e-9;

  private final Reference reference;
  private final List<List<Integer>> labels;
  private final double maxDrop;

  /**
   * @param labels of each image; empty if they are not known
   * @param maxDrop the greatest loss of accuracy, or of mAP, in [0, 1]
   */
  Guard(Reference reference, List<List<Integer>> labels, double maxDrop) {
    this.reference = reference;
    this.labels = List.copyOf(labels);
    this.maxDrop = maxDrop;
  }

  /** How a model's answers are, and what that means. */
  record Compared(Drift drift, Verdict verdict) {}

  Verdict judge(OnnxGraph quantized) {
    return compare(quantized).verdict();
  }

  Compared compare(OnnxGraph quantized) {
    return compare(reference.answers(quantized));
  }

  /**
   * @param answers of all the images: row-major [n, classes]
   */
  Verdict judge(float[] answers) {
    return compare(answers).verdict();
  }

  private Compared compare(float[] answers) {
    Drift drift = reference.drift(answers, reference.images());
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
   * the answers are held to float32's too.
   */
  private static boolean passes(Loss loss, Drift drift, double maxDrop) {
    double image = 1.0 / loss.images();
    if (maxDrop > 0 && image > maxDrop) {
      return loss.drop() <= image + ROUNDING && drift.enough();
    }
    return loss.drop() <= maxDrop + ROUNDING;
  }

  Scoring scoring() {
    return reference.scoring();
  }
}
