package dev.lapidary.trainer.augment;

import dev.lapidary.core.image.RgbImage;
import dev.lapidary.core.tensor.RandomStream;

/**
 * torchvision's {@code ColorJitter}: brightness, contrast, saturation and hue, each by a factor
 * drawn anew, in a random order.
 *
 * @param brightness factors are drawn from 1 - b to 1 + b, not below 0; 0 leaves it out
 * @param contrast likewise
 * @param saturation likewise
 * @param hue the largest turn of the circle to either side, at most 0.5
 */
record ColourJitter(double brightness, double contrast, double saturation, double hue)
    implements PixelStep {
  static ColourJitter of(StepArguments options) {
    return new ColourJitter(
        options.number("brightness", 0.4, 0, 10),
        options.number("contrast", 0.4, 0, 10),
        options.number("saturation", 0.4, 0, 10),
        options.number("hue", 0.1, 0, 0.5));
  }

  @Override
  public RgbImage apply(RgbImage image, RandomStream random) {
    RgbImage changed = image;
    for (int what : random.permutation(4)) {
      changed =
          switch (what) {
            case 0 ->
                brightness == 0 ? changed : Enhance.brightness(changed, factor(brightness, random));
            case 1 -> contrast == 0 ? changed : Enhance.contrast(changed, factor(contrast, random));
            case 2 ->
                saturation == 0 ? changed : Enhance.saturation(changed, factor(saturation, random));
            default -> hue == 0 ? changed : Hue.shift(changed, random.uniform(-hue, hue));
          };
    }
    return changed;
  }

  static double factor(double strength, RandomStream random) {
    return random.uniform(Math.max(0, 1 - strength), 1 + strength);
  }

  @Override
  public String toString() {
    return "jitter(brightness=%s, contrast=%s, saturation=%s, hue=%s)"
        .formatted(
            StepArguments.text(brightness),
            StepArguments.text(contrast),
            StepArguments.text(saturation),
            StepArguments.text(hue));
  }
}
