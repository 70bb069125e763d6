package dev.lapidary.trainer.run.frozen;

import dev.lapidary.core.image.RgbImage;
import dev.lapidary.trainer.augment.Augmentation;
import dev.lapidary.trainer.data.View;

/**
 * An augmentation whose epochs are variants: a sample that an epoch visits twice is the same both
 * times.
 *
 * @param samples of the dataset
 */
record ByVariant(Augmentation augmentation, int samples) implements View {
  @Override
  public RgbImage of(RgbImage image, long epoch, long sample) {
    return augmentation.of(image, epoch, sample % samples);
  }

  @Override
  public void normalized(float[] images, int offset, long epoch, long sample) {
    augmentation.normalized(images, offset, epoch, sample % samples);
  }
}
