package dev.lapidary.core.image;

/**
 * The sizes of a {@link Preprocessing} for one image: torchvision's {@code Resize} and {@code
 * CenterCrop}, Pillow's {@code ImageOps.pad}.
 *
 * @param width of the resized image
 * @param height of the resized image
 * @param left of the crop in the resized image; negative is padding
 * @param top of the crop in the resized image; negative is padding
 */
record Fit(int width, int height, int left, int top) {
  static Fit of(Preprocessing rule, int width, int height) {
    int cropWidth = rule.cropWidth();
    int cropHeight = rule.cropHeight();
    return switch (rule.resize()) {
      case NONE -> centred(rule, width, height);
      case EXACT -> new Fit(cropWidth, cropHeight, 0, 0);
      case SHORTER_SIDE -> {
        int shorter = rule.resizeSize();
        yield width <= height
            ? centred(rule, shorter, longer(shorter, height, width))
            : centred(rule, longer(shorter, width, height), shorter);
      }
      case FIT_PAD -> {
        double aspect = (double) width / height;
        double wanted = (double) cropWidth / cropHeight;
        int fitWidth = aspect < wanted ? round(aspect * cropHeight) : cropWidth;
        int fitHeight = aspect > wanted ? round((double) height / width * cropWidth) : cropHeight;
        yield new Fit(
            fitWidth,
            fitHeight,
            -(int) Math.rint((cropWidth - fitWidth) * 0.5),
            -(int) Math.rint((cropHeight - fitHeight) * 0.5));
      }
    };
  }

  /**
   * The same resize with another crop around this one, so that the centre crop of that is this one.
   */
  Fit around(Preprocessing outer, Preprocessing inner) {
    return new Fit(
        width,
        height,
        left - start(outer.cropWidth(), inner.cropWidth()),
        top - start(outer.cropHeight(), inner.cropHeight()));
  }

  /** The part of the resized image that the crop shows. */
  Box window(int cropWidth, int cropHeight) {
    int x = Math.max(left, 0);
    int y = Math.max(top, 0);
    return new Box(
        x, y, Math.min(left + cropWidth, width) - x, Math.min(top + cropHeight, height) - y);
  }

  private static Fit centred(Preprocessing rule, int width, int height) {
    return new Fit(width, height, start(width, rule.cropWidth()), start(height, rule.cropHeight()));
  }

  /** Cropping rounds half to even, padding rounds down: both as torchvision. */
  private static int start(int size, int crop) {
    return crop > size ? -((crop - size) / 2) : (int) Math.rint((size - crop) / 2.0);
  }

  /** Python's {@code int(size * long / short)}: truncated. */
  private static int longer(int size, int longSide, int shortSide) {
    return (int) ((double) ((long) size * longSide) / shortSide);
  }

  private static int round(double side) {
    return Math.max(1, (int) Math.rint(side));
  }
}
