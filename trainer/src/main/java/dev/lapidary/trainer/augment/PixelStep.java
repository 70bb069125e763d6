package dev.lapidary.trainer.augment;

import dev.lapidary.core.image.RgbImage;
import dev.lapidary.core.tensor.RandomStream;

/** Changes 8-bit pixels. {@code toString} is the step as a configuration spells it. */
interface PixelStep {
  /** The image itself if nothing changes; its pixels are never written to. */
  RgbImage apply(RgbImage image, RandomStream random);
}
