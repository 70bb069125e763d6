package dev.lapidary.trainer.report;

import java.util.Comparator;
import java.util.List;
import java.util.Optional;

/**
 * A run beside others.
 *
 * @param settings what is particular to it, as {@code key value}
 * @param epochs done, in order
 */
public record ComparedRun(String name, String settings, List<EpochMetrics> epochs) {
  /** The epoch with the best validation, the lower loss where equal; empty before the first. */
  public Optional<EpochMetrics> best() {
    return epochs.stream()
        .max(
            Comparator.comparingDouble(ComparedRun::score)
                .thenComparing(Comparator.comparingDouble(EpochMetrics::valLoss).reversed()));
  }

  /** What {@link #score} is. */
  public static String metric(EpochMetrics epoch) {
    if (epoch.valMap().isPresent()) {
      return "mAP";
    }
    return epoch.valBalancedAccuracy().isPresent() ? "balanced accuracy" : "accuracy";
  }

  /** mAP where images have several labels, balanced accuracy where that chooses, else accuracy. */
  public static double score(EpochMetrics epoch) {
    return epoch.valMap().or(epoch::valBalancedAccuracy).orElse(epoch.valAccuracy());
  }
}
