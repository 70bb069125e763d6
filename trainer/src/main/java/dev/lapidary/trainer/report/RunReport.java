package dev.lapidary.trainer.report;

import java.util.List;
import java.util.Optional;

/**
 * What {@code report.html} tells of a run. No clock time, duration, path or host: equal runs give
 * equal pages.
 *
 * @param state such as {@code finished} or {@code after epoch 3 of 10}
 * @param weights where training began: a file's name or {@code random}
 * @param epochs done, in order
 * @param stages of the plan, also those still to come
 * @param measured on validation images, and on test images if there are any
 * @param views of some training images
 */
public record RunReport(
    String name,
    String architecture,
    String state,
    String runId,
    String weights,
    String libtorch,
    List<EpochMetrics> epochs,
    List<StagePlan> stages,
    DataAudit audit,
    List<Measured> measured,
    List<Views> views) {

  /**
   * @param title such as {@code Validation}
   * @param note what was measured, and when
   * @param samples of the answers, evenly chosen
   * @param mistakes with the greatest loss, the greatest first
   */
  public record Measured(
      String title, String note, Measures measures, List<Shown> samples, List<Shown> mistakes) {}

  /**
   * A training image as the network sees it.
   *
   * @param pictures first as in evaluation, then augmented as in epochs 0, 1 and so on
   */
  public record Views(String image, List<Thumbnail> pictures) {}

  /** An image with its answer. */
  public record Shown(
      String image, String label, String predicted, double confidence, Thumbnail thumbnail) {}

  boolean isMultiLabel() {
    return audit.hasSeveralLabels();
  }

  Optional<EpochMetrics> best() {
    return epochs.stream().filter(EpochMetrics::best).reduce((a, b) -> b);
  }
}
