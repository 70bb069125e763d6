package dev.lapidary.exporter.quantize;

import dev.lapidary.core.card.Scoring;
import dev.lapidary.core.failure.Phrase;
import java.util.List;
import java.util.Optional;

/**
 * What the guard says about a quantized model, by images that nothing was calibrated on.
 *
 * @param images how many
 * @param passes whether the file may be written
 * @param agreement with float32's answers, in [0, 1]
 * @param clearAgreement the same where float32 is surer than on its median image
 * @param marginNoise how far float32's first two logits move against each other, as a share of
 *     their distance: the mean, near ties taken as the median image
 * @param maxAbsDifference of the outputs from float32's
 * @param loss by the images' labels, if they are known
 */
public record Verdict(
    int images,
    boolean passes,
    double agreement,
    double clearAgreement,
    double marginNoise,
    double maxAbsDifference,
    Optional<Loss> loss) {

  /**
   * On images whose labels are not known: the clear answers must stay, and what decides must not
   * move far beside its margin.
   *
   * @param expected the float network's outputs, of each image
   * @param found of the same images in the same order
   */
  public static Verdict of(List<float[]> expected, List<float[]> found, Scoring scoring) {
    return Guard.verdict(Drift.between(expected, found, scoring), Optional.empty(), 0);
  }

  /** How bad it is, to choose the least bad of those that do not pass. */
  double badness() {
    return loss.map(Loss::drop).orElse(0.0) + marginNoise + 1 - clearAgreement;
  }

  /** For people. */
  String words() {
    return words("held-out images");
  }

  /**
   * The same.
   *
   * @param which images they were
   */
  public String words(String which) {
    String margin =
        Phrase.of(
            "answers as float32's on %.2f %% of %d %s (%.2f %% of the clear ones),"
                + " margins moved by %.1f %%",
            100 * agreement, images, which, 100 * clearAgreement, 100 * marginNoise);
    return loss.map(l -> l.words() + ", " + margin).orElse(margin);
  }
}
