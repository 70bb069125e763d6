package dev.lapidary.trainer.augment;

import com.google.errorprone.annotations.Immutable;
import dev.lapidary.core.image.RgbImage;
import dev.lapidary.core.tensor.RandomStream;

/** The operations that automatic policies choose from, as torchvision's {@code _apply_op}. */
enum PolicyOperation {
  IDENTITY(false, (image, magnitude, sampling) -> image),
  SHEAR_X(true, (image, magnitude, sampling) -> shear(image, degrees(magnitude), 0, sampling)),
  SHEAR_Y(true, (image, magnitude, sampling) -> shear(image, 0, degrees(magnitude), sampling)),
  TRANSLATE_X(true, (image, magnitude, sampling) -> move(image, (int) magnitude, 0, sampling)),
  TRANSLATE_Y(true, (image, magnitude, sampling) -> move(image, 0, (int) magnitude, sampling)),
  ROTATE(true, PolicyOperation::rotate),
  BRIGHTNESS(true, (image, magnitude, sampling) -> Enhance.brightness(image, 1 + magnitude)),
  COLOR(true, (image, magnitude, sampling) -> Enhance.saturation(image, 1 + magnitude)),
  CONTRAST(true, (image, magnitude, sampling) -> Enhance.contrast(image, 1 + magnitude)),
  SHARPNESS(true, (image, magnitude, sampling) -> Enhance.sharpness(image, 1 + magnitude)),
  POSTERIZE(false, (image, magnitude, sampling) -> Tone.posterize(image, (int) magnitude)),
  SOLARIZE(false, (image, magnitude, sampling) -> Tone.solarize(image, magnitude)),
  AUTO_CONTRAST(false, (image, magnitude, sampling) -> Tone.autoContrast(image)),
  EQUALIZE(false, (image, magnitude, sampling) -> Tone.equalize(image));

  @Immutable
  private interface Change {
    RgbImage apply(RgbImage image, double magnitude, Warp.Sampling sampling);
  }

  private final boolean signed;
  private final Change change;

  PolicyOperation(boolean signed, Change change) {
    this.signed = signed;
    this.change = change;
  }

  /** Whether a policy draws the magnitude's sign. */
  boolean isSigned() {
    return signed;
  }

  RgbImage apply(RgbImage image, double magnitude, Warp.Sampling sampling) {
    return change.apply(image, magnitude, sampling);
  }

  /** With the magnitude, or half of the time its negative where that means something else. */
  RgbImage applyEitherWay(
      RgbImage image, double magnitude, Warp.Sampling sampling, RandomStream random) {
    boolean negative = signed && random.chance(0.5);
    return apply(image, negative ? -magnitude : magnitude, sampling);
  }

  private static double degrees(double shear) {
    return Math.toDegrees(StrictMath.atan(shear));
  }

  private static RgbImage rotate(RgbImage image, double degrees, Warp.Sampling sampling) {
    InverseAffine turn = InverseAffine.rotation(degrees, image.width(), image.height());
    return Warp.apply(image, turn, sampling);
  }

  /** About the upper left corner, as the published policies do. */
  private static RgbImage shear(RgbImage image, double x, double y, Warp.Sampling sampling) {
    return Warp.apply(image, InverseAffine.of(0, 0, 0, 0, 0, 1, x, y), sampling);
  }

  private static RgbImage move(RgbImage image, int x, int y, Warp.Sampling sampling) {
    return Warp.apply(
        image,
        InverseAffine.of(image.width() * 0.5, image.height() * 0.5, 0, x, y, 1, 0, 0),
        sampling);
  }
}
