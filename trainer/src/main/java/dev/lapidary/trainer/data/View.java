package dev.lapidary.trainer.data;

import dev.lapidary.core.image.Preprocessor;
import dev.lapidary.core.image.RgbImage;

/**
 * How a decoded image becomes what the network sees, in the loader's three places. Each is a pure
 * function of its arguments.
 */
@FunctionalInterface
public interface View {
  /**
   * Pixels, before scale and normalize.
   *
   * @param epoch and {@code sample} are what random decisions depend on; a sample that is drawn
   *     twice in an epoch has another number the second time
   * @return an image of the network's input size
   */
  RgbImage of(RgbImage image, long epoch, long sample);

  /** Changes the normalized image, [C,H,W] at {@code offset}, in place. */
  default void normalized(float[] images, int offset, long epoch, long sample) {}

  /**
   * Mixes images of a batch among each other, in place.
   *
   * @param number of the batch in its epoch
   */
  default Batch mixed(Batch batch, long epoch, long number) {
    return batch;
  }

  /** The preprocessing alone: what evaluation, calibration and serving see. */
  static View evaluation(Preprocessor preprocessor) {
    return (image, epoch, sample) -> preprocessor.view(image);
  }
}
