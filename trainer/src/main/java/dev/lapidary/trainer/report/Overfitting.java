package dev.lapidary.trainer.report;

import dev.lapidary.core.failure.Phrase;
import java.util.Comparator;
import java.util.List;
import java.util.Optional;
import java.util.stream.IntStream;

/** Notices when a network goes on learning its training images by heart. */
public final class Overfitting {
  /** Epochs of worse validation that are no accident. */
  private static final int EPOCHS = 3;

  private Overfitting() {}

  /**
   * A warning, once for each turn: exactly when the validation loss has been above its lowest for
   * three epochs while the training loss fell below what it was then.
   *
   * @param epochs of the run, in order, up to now
   */
  public static Optional<String> warning(List<EpochMetrics> epochs) {
    int lowest = lowest(epochs);
    if (epochs.isEmpty() || epochs.size() - 1 - lowest != EPOCHS) {
      return Optional.empty();
    }
    EpochMetrics then = epochs.get(lowest);
    EpochMetrics now = epochs.get(epochs.size() - 1);
    if (!then.stage().equals(now.stage()) || now.trainLoss() >= then.trainLoss()) {
      return Optional.empty();
    }
    return Optional.of(
        Phrase.of(
            "validation loss rose from %.4f (epoch %d) to %.4f while training loss fell from %.4f"
                + " to %.4f: the network is overfitting; more images, stronger --augment,"
                + " --label-smoothing, a frozen backbone or --patience help",
            then.valLoss(), then.epoch(), now.valLoss(), then.trainLoss(), now.trainLoss()));
  }

  /** The last warning that the run gave. */
  static Optional<String> last(List<EpochMetrics> epochs) {
    for (int end = epochs.size(); end > 0; end--) {
      Optional<String> warning = warning(epochs.subList(0, end));
      if (warning.isPresent()) {
        return warning;
      }
    }
    return Optional.empty();
  }

  private static int lowest(List<EpochMetrics> epochs) {
    return IntStream.range(0, epochs.size())
        .boxed()
        .min(Comparator.comparingDouble(i -> epochs.get(i).valLoss()))
        .orElse(0);
  }
}
