package dev.lapidary.trainer.data;

import dev.lapidary.core.image.ImageLimits;
import dev.lapidary.core.image.OnBadImage;
import java.util.List;
import java.util.function.Consumer;

/**
 * How data are listed.
 *
 * @param limits of what is decoded later
 * @param onBadImage whether a class folder without images is left out
 * @param known classes of training or of a model, if there are any yet
 * @param weighs whether images are learned from, so that their weights count
 * @param notes gets lines about what is left alone or passed over
 */
public record Reading(
    ImageLimits limits,
    OnBadImage onBadImage,
    List<String> known,
    boolean weighs,
    Consumer<String> notes) {

  /** Of images to measure with, whose weights do not matter. */
  public Reading(
      ImageLimits limits, OnBadImage onBadImage, List<String> known, Consumer<String> notes) {
    this(limits, onBadImage, known, false, notes);
  }
}
