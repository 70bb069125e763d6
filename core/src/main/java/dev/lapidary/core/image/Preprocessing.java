package dev.lapidary.core.image;

import dev.lapidary.core.failure.Failure;
import dev.lapidary.core.failure.Phrase;
import java.util.List;
import java.util.Locale;
import java.util.Optional;

/**
 * How an image becomes a network's input, exactly: decode to 8-bit RGB, orient by EXIF, resize,
 * crop the centre, scale to [0, 1], normalize by channel. Stored in the model card; training,
 * calibration and serving all run this record and nothing else.
 *
 * @param resize how the image is fitted before the crop
 * @param resizeSize for {@link Resize#SHORTER_SIDE} the shorter side's length, else unused, in
 *     pixels
 * @param interpolation the resampling filter, with Pillow's antialias
 * @param cropHeight height of the network's input, in pixels
 * @param cropWidth width of the network's input, in pixels
 * @param mean subtracted from each channel after scaling; R, G, B
 * @param std divides each channel after that; R, G, B
 * @param colour what the network's channels are
 * @param alpha what transparent images are put on; JSON without it means black
 */
public record Preprocessing(
    Resize resize,
    int resizeSize,
    Interpolation interpolation,
    int cropHeight,
    int cropWidth,
    List<Float> mean,
    List<Float> std,
    Colour colour,
    Background alpha) {

  public enum Resize {
    /** The shorter side becomes {@code resizeSize}, the longer {@code int(size * long / short)}. */
    SHORTER_SIDE,
    /** Both sides become the crop's, the aspect changes. */
    EXACT,
    /** The longer side fits the crop, the rest is padded with black, centred. */
    FIT_PAD,
    /** No resize: the crop alone, padded with black where the image is smaller. */
    NONE
  }

  public enum Interpolation {
    NEAREST,
    BILINEAR,
    BICUBIC,
    LANCZOS
  }

  public enum Colour {
    /** Three channels, red first. */
    RGB,
    /** One channel, by ITU-R 601-2 luma as Pillow's {@code convert("L")}. */
    GRAY
  }

  public Preprocessing {
    mean = List.copyOf(mean);
    std = List.copyOf(std);
    int channels = colour == Colour.RGB ? 3 : 1;
    if (mean.size() != channels || std.size() != channels) {
      throw new IllegalArgumentException(
          "preprocessing needs %d means and deviations for %s but has %d and %d"
              .formatted(channels, colour, mean.size(), std.size()));
    }
    if (cropHeight < 1 || cropWidth < 1 || (resize == Resize.SHORTER_SIDE && resizeSize < 1)) {
      throw new IllegalArgumentException(
          "preprocessing sizes must be positive but are resize %d, crop %dx%d"
              .formatted(resizeSize, cropHeight, cropWidth));
    }
    for (float s : std) {
      if (!(s > 0) || !Float.isFinite(s)) {
        throw new IllegalArgumentException("preprocessing std must be positive but is " + std);
      }
    }
    for (float m : mean) {
      if (!Float.isFinite(m)) {
        throw new IllegalArgumentException("preprocessing mean must be numbers but is " + mean);
      }
    }
  }

  /** Of transparent images over black. */
  public Preprocessing(
      Resize resize,
      int resizeSize,
      Interpolation interpolation,
      int cropHeight,
      int cropWidth,
      List<Float> mean,
      List<Float> std,
      Colour colour) {
    this(
        resize,
        resizeSize,
        interpolation,
        cropHeight,
        cropWidth,
        mean,
        std,
        colour,
        Background.BLACK);
  }

  /** With transparent images over another background. */
  public Preprocessing over(Background background) {
    return new Preprocessing(
        resize, resizeSize, interpolation, cropHeight, cropWidth, mean, std, colour, background);
  }

  /** torchvision's classification default: resize 256, crop 224, ImageNet's mean and deviation. */
  public static Preprocessing imageNet(int resizeSize, int cropSize) {
    return new Preprocessing(
        Resize.SHORTER_SIDE,
        resizeSize,
        Interpolation.BILINEAR,
        cropSize,
        cropSize,
        List.of(0.485f, 0.456f, 0.406f),
        List.of(0.229f, 0.224f, 0.225f),
        Colour.RGB);
  }

  /** For another square input: the resize keeps its proportion to the crop. */
  public Preprocessing forInput(int side) {
    long resized = Math.round((double) resizeSize * side / cropHeight);
    return new Preprocessing(
        resize, (int) resized, interpolation, side, side, mean, std, colour, alpha);
  }

  /**
   * With what a user knows of his weights; what is absent stays.
   *
   * @param shorterSide resized to this before the crop, in pixels
   * @throws Failure (exit 2) for sizes, counts or deviations that cannot be
   */
  public Preprocessing with(
      Optional<Integer> shorterSide,
      Optional<Interpolation> filter,
      Optional<List<Float>> mean,
      Optional<List<Float>> std) {
    try {
      return new Preprocessing(
          shorterSide.isPresent() ? Resize.SHORTER_SIDE : resize,
          shorterSide.orElse(resizeSize),
          filter.orElse(interpolation),
          cropHeight,
          cropWidth,
          mean.orElse(this.mean),
          std.orElse(this.std),
          colour,
          alpha);
    } catch (IllegalArgumentException e) {
      throw Failure.badInput("--resize, --mean, --std: %s", String.valueOf(e.getMessage()));
    }
  }

  /**
   * True if an image exists that the resize leaves as it is, whatever is cropped of it: not of a
   * shorter side under the crop, where the crop is padded on one side and cut on the other.
   */
  public boolean cropsInside() {
    return resize != Resize.SHORTER_SIDE || resizeSize >= Math.max(cropHeight, cropWidth);
  }

  /**
   * What is left to do before a graph that does all of this rule itself: levels of R, G and B, of
   * the size that its resize leaves as it is.
   */
  Preprocessing beforeCrop() {
    boolean cropped = resize == Resize.SHORTER_SIDE;
    return new Preprocessing(
        resize,
        resizeSize,
        interpolation,
        cropped ? resizeSize : cropHeight,
        cropped ? resizeSize : cropWidth,
        List.of(mean.get(0), mean.get(0), mean.get(0)),
        List.of(std.get(0), std.get(0), std.get(0)),
        Colour.RGB);
  }

  /** {@code bilinear to 256, crop 224, mean 0.485 std 0.229}: of mean and deviation the first. */
  public String text() {
    String size = cropHeight + "x" + cropWidth;
    String filter = interpolation.name().toLowerCase(Locale.ROOT);
    String fit =
        switch (resize) {
          case SHORTER_SIDE -> filter + " to " + resizeSize + ", crop " + cropHeight;
          case EXACT -> filter + " to " + size;
          case FIT_PAD -> filter + " into " + size + ", padded";
          case NONE -> "crop " + size;
        };
    String under = alpha.equals(Background.BLACK) ? "" : ", transparent over " + alpha;
    return Phrase.of("%s, mean %.3f std %.3f%s", fit, mean.get(0), std.get(0), under);
  }

  public int channels() {
    return mean.size();
  }

  /** Floats of one image: channels * height * width. */
  public int inputLength() {
    return channels() * cropHeight * cropWidth;
  }
}
