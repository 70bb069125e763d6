package dev.lapidary.trainer.data;

import dev.lapidary.models.image.Preprocessor;
import dev.lapidary.models.image.RgbImage;

/** How a decoded image becomes the pixels that the network sees. */
@FunctionalInterface
public interface View {
  /**
   * A pure function of its arguments.
   *
   * @param sample position in the dataset, for random decisions
   * @param epoch likewise
   * @return an image of the network's input size
   */
  RgbImage of(RgbImage image, long epoch, long sample);

  /** The preprocessing alone: what evaluation, calibration and serving see. */
  static View evaluation(Preprocessor preprocessor) {
    return (image, epoch, sample) -> preprocessor.view(image);
  }
}
