package dev.lapidary.trainer.augment;

import dev.lapidary.core.image.RgbImage;
import dev.lapidary.core.tensor.RandomStream;

/** The operations that automatic policies choose from, as torchvision's {@code _apply_op}. */
enum PolicyOperation {
  IDENTITY(false) {
    @Override
    RgbImage apply(RgbImage image, double magnitude, Warp.Sampling sampling) {
      return image;
    }
  },
  SHEAR_X(true) {
    @Override
    RgbImage apply(RgbImage image, double magnitude, Warp.Sampling sampling) {
      return shear(image, Math.toDegrees(StrictMath.atan(magnitude)), 0, sampling);
    }
  },
  SHEAR_Y(true) {
    @Override
    RgbImage apply(RgbImage image, double magnitude, Warp.Sampling sampling) {
      return shear(image, 0, Math.toDegrees(StrictMath.atan(magnitude)), sampling);
    }
  },
  TRANSLATE_X(true) {
    @Override
    RgbImage apply(RgbImage image, double magnitude, Warp.Sampling sampling) {
      return move(image, (int) magnitude, 0, sampling);
    }
  },
  TRANSLATE_Y(true) {
    @Override
    RgbImage apply(RgbImage image, double magnitude, Warp.Sampling sampling) {
      return move(image, 0, (int) magnitude, sampling);
    }
  },
  ROTATE(true) {
    @Override
    RgbImage apply(RgbImage image, double magnitude, Warp.Sampling sampling) {
      InverseAffine turn = InverseAffine.rotation(magnitude, image.width(), image.height());
      return Warp.apply(image, turn, sampling);
    }
  },
  BRIGHTNESS(true) {
    @Override
    RgbImage apply(RgbImage image, double magnitude, Warp.Sampling sampling) {
      return Enhance.brightness(image, 1 + magnitude);
    }
  },
  COLOR(true) {
    @Override
    RgbImage apply(RgbImage image, double magnitude, Warp.Sampling sampling) {
      return Enhance.saturation(image, 1 + magnitude);
    }
  },
  CONTRAST(true) {
    @Override
    RgbImage apply(RgbImage image, double magnitude, Warp.Sampling sampling) {
      return Enhance.contrast(image, 1 + magnitude);
    }
  },
  SHARPNESS(true) {
    @Override
    RgbImage apply(RgbImage image, double magnitude, Warp.Sampling sampling) {
      return Enhance.sharpness(image, 1 + magnitude);
    }
  },
  POSTERIZE(false) {
    @Override
    RgbImage apply(RgbImage image, double magnitude, Warp.Sampling sampling) {
      return Tone.posterize(image, (int) magnitude);
    }
  },
  SOLARIZE(false) {
    @Override
    RgbImage apply(RgbImage image, double magnitude, Warp.Sampling sampling) {
      return Tone.solarize(image, magnitude);
    }
  },
  AUTO_CONTRAST(false) {
    @Override
    RgbImage apply(RgbImage image, double magnitude, Warp.Sampling sampling) {
      return Tone.autoContrast(image);
    }
  },
  EQUALIZE(false) {
    @Override
    RgbImage apply(RgbImage image, double magnitude, Warp.Sampling sampling) {
      return Tone.equalize(image);
    }
  };

  private final boolean signed;

  PolicyOperation(boolean signed) {
    this.signed = signed;
  }

  /** Whether a policy draws the magnitude's sign. */
  boolean isSigned() {
    return signed;
  }

  abstract RgbImage apply(RgbImage image, double magnitude, Warp.Sampling sampling);

  /** With the magnitude, or half of the time its negative where that means something else. */
  final RgbImage applyEitherWay(
      RgbImage image, double magnitude, Warp.Sampling sampling, RandomStream random) {
    boolean negative = signed && random.chance(0.5);
    return apply(image, negative ? -magnitude : magnitude, sampling);
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
