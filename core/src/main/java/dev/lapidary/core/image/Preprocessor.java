package dev.lapidary.core.image;

import dev.lapidary.core.image.Preprocessing.Colour;

/**
 * Runs a {@link Preprocessing}: the one way from a decoded image to a network's input. Resize and
 * crop equal Pillow's and torchvision's bit for bit; scale and normalize are float32 operations in
 * torchvision's order ({@code (v / 255 - mean) / std}). Safe for many threads.
 */
public final class Preprocessor {
  private static final int LEVELS = 256;

  private final Preprocessing rule;

  /** What the network sees in the end: {@link #rule} but for a graph that crops itself. */
  private final Preprocessing network;

  /** The normalized value of each level, by channel. */
  private final float[][] normalized;

  private Preprocessor(Preprocessing rule, Preprocessing network) {
    this.rule = rule;
    this.network = network;
    this.normalized = new float[rule.channels()][LEVELS];
    for (int c = 0; c < rule.channels(); c++) {
      for (int v = 0; v < LEVELS; v++) {
        normalized[c][v] = (v / 255f - rule.mean().get(c)) / rule.std().get(c);
      }
    }
  }

  public static Preprocessor of(Preprocessing rule) {
    return new Preprocessor(rule, rule);
  }

  /**
   * For a graph that resizes, crops and makes gray itself: images of one size that its resize
   * leaves as they are, so that it sees the same pixels as of the decoded image, and images of
   * different sizes go into one batch. {@link #levels} are its input then.
   *
   * @param rule of the card, with {@link Preprocessing#cropsInside}
   */
  public static Preprocessor beforeResize(Preprocessing rule) {
    return new Preprocessor(rule.beforeCrop(), rule);
  }

  public Preprocessing rule() {
    return rule;
  }

  /**
   * Writes one image as [C,H,W] float32 at {@code offset} of the caller's buffer, {@link
   * Preprocessing#inputLength} floats.
   */
  public void apply(RgbImage image, float[] target, int offset) {
    normalize(view(image), target, offset);
  }

  /** What the network sees, before the numbers: resized and cropped, cropWidth x cropHeight. */
  public RgbImage view(RgbImage image) {
    Fit fit = Fit.of(network, image.width(), image.height()).around(rule, network);
    RgbImage seen =
        Resample.window(
            image,
            Box.of(image),
            fit.width(),
            fit.height(),
            fit.window(rule.cropWidth(), rule.cropHeight()),
            rule.interpolation());
    return pad(seen, Math.max(-fit.left(), 0), Math.max(-fit.top(), 0));
  }

  /**
   * Scales and normalizes an image that already has the crop's size, as [C,H,W]; augmentation ends
   * here.
   */
  public void normalize(RgbImage view, float[] target, int offset) {
    int plane = requireCropSize(view);
    if (rule.colour() == Colour.GRAY) {
      gray(view, target, offset);
      return;
    }
    byte[] pixels = view.pixels();
    for (int c = 0; c < 3; c++) {
      float[] levels = normalized[c];
      int to = offset + c * plane;
      for (int i = 0, from = c; i < plane; i++, from += 3) {
        target[to + i] = levels[pixels[from] & 0xff];
      }
    }
  }

  /**
   * What {@link #normalize} would scale and normalize, as [H,W,C] from 0 to 255: the input of a
   * file with embedded preprocessing.
   */
  public void levels(RgbImage view, byte[] target, int offset) {
    int plane = requireCropSize(view);
    if (rule.colour() == Colour.RGB) {
      System.arraycopy(view.pixels(), 0, target, offset, 3 * plane);
      return;
    }
    for (int i = 0; i < plane; i++) {
      target[offset + i] = (byte) Luma.of(view.pixels(), 3 * i);
    }
  }

  /** The picture that a normalized [C,H,W] input is of, to the nearest level. */
  public RgbImage shown(float[] input) {
    int plane = rule.cropHeight() * rule.cropWidth();
    byte[] pixels = new byte[3 * plane];
    for (int i = 0; i < pixels.length; i++) {
      int c = rule.channels() == 1 ? 0 : i % 3;
      float scaled = input[c * plane + i / 3] * rule.std().get(c) + rule.mean().get(c);
      pixels[i] = (byte) Rgb.clip(Math.round(scaled * 255));
    }
    return new RgbImage(rule.cropWidth(), rule.cropHeight(), pixels);
  }

  private void gray(RgbImage view, float[] target, int offset) {
    byte[] pixels = view.pixels();
    for (int i = 0; i < pixels.length / 3; i++) {
      target[offset + i] = normalized[0][Luma.of(pixels, 3 * i)];
    }
  }

  private int requireCropSize(RgbImage view) {
    if (view.width() != rule.cropWidth() || view.height() != rule.cropHeight()) {
      throw new IllegalArgumentException(
          "expected %dx%d pixels but found %s"
              .formatted(rule.cropWidth(), rule.cropHeight(), view));
    }
    return view.width() * view.height();
  }

  private RgbImage pad(RgbImage seen, int left, int top) {
    if (seen.width() == rule.cropWidth() && seen.height() == rule.cropHeight()) {
      return seen;
    }
    byte[] to = new byte[3 * rule.cropWidth() * rule.cropHeight()];
    for (int y = 0; y < seen.height(); y++) {
      int at = 3 * ((top + y) * rule.cropWidth() + left);
      System.arraycopy(seen.pixels(), 3 * y * seen.width(), to, at, 3 * seen.width());
    }
    return new RgbImage(rule.cropWidth(), rule.cropHeight(), to);
  }
}
