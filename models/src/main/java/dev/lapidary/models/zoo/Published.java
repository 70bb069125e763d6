package dev.lapidary.models.zoo;

import dev.lapidary.core.image.Preprocessing;
import dev.lapidary.core.image.Preprocessing.Colour;
import dev.lapidary.core.image.Preprocessing.Interpolation;
import dev.lapidary.core.image.Preprocessing.Resize;
import java.util.List;
import java.util.Optional;

/**
 * Preprocessings that differ from the usual one. They are those of torchvision's first published
 * ImageNet weights ({@code IMAGENET1K_V1}) of each network.
 */
final class Published {
  private Published() {}

  static Preprocessing imageNet(int resize, int crop, Interpolation interpolation) {
    return Preprocessing.imageNet(resize, crop)
        .with(Optional.empty(), Optional.of(interpolation), Optional.empty(), Optional.empty());
  }

  /**
   * To [-1, 1]. torchvision's Inception networks normalize by ImageNet's statistics and undo that
   * in their first lines ({@code transform_input}); the two together are exactly this.
   */
  static Preprocessing inception(int resize, int crop) {
    return centred(resize, crop, Interpolation.BILINEAR);
  }

  /** To [-1, 1]. */
  static Preprocessing centred(int resize, int crop, Interpolation interpolation) {
    return new Preprocessing(
        Resize.SHORTER_SIDE,
        resize,
        interpolation,
        crop,
        crop,
        List.of(0.5f, 0.5f, 0.5f),
        List.of(0.5f, 0.5f, 0.5f),
        Colour.RGB);
  }
}
