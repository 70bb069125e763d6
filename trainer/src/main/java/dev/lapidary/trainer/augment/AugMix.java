package dev.lapidary.trainer.augment;

import dev.lapidary.core.image.RgbImage;
import dev.lapidary.core.tensor.RandomStream;
import java.util.Arrays;

/**
 * AugMix (Hendrycks et al. 2020) as in torchvision: the image mixed with some chains of operations
 * on it, the parts drawn from Dirichlet distributions. The operations are Pillow's.
 *
 * @param severity strengths are drawn from the first so many bins, of 10
 * @param width how many chains
 * @param depth operations of a chain; 0: 1 to 3, drawn for each
 * @param alpha of the distributions
 */
record AugMix(int severity, int width, int depth, double alpha, Warp.Sampling sampling)
    implements PixelStep {
  private static final int BINS = 10;
  private static final Magnitudes MAGNITUDES = new Magnitudes(BINS, 0.3, 30, 0.9, 4, 4);

  /** All but the identity. */
  private static final PolicyOperation[] CHOICE =
      Arrays.stream(PolicyOperation.values())
          .filter(o -> o != PolicyOperation.IDENTITY)
          .toArray(PolicyOperation[]::new);

  static AugMix of(StepArguments options) {
    return new AugMix(
        options.integer("severity", 3, 1, BINS),
        options.integer("width", 3, 1, 10),
        options.integer("depth", 0, 0, 10),
        options.number("alpha", 1, 1e-2, 100),
        options.sampling());
  }

  @Override
  public RgbImage apply(RgbImage image, RandomStream random) {
    double[] parts = dirichlet(2, random);
    double[] chains = dirichlet(width, random);
    byte[] from = image.pixels();
    float[] mixed = new float[from.length];
    add(mixed, from, (float) parts[0]);
    for (int i = 0; i < width; i++) {
      add(mixed, chain(image, random).pixels(), (float) (parts[1] * chains[i]));
    }
    byte[] to = new byte[from.length];
    for (int i = 0; i < to.length; i++) {
      to[i] = (byte) Math.min(255, (int) mixed[i]);
    }
    return new RgbImage(image.width(), image.height(), to);
  }

  /** The image after some operations. */
  RgbImage chain(RgbImage image, RandomStream random) {
    RgbImage changed = image;
    for (int left = depth > 0 ? depth : 1 + random.below(3); left > 0; left--) {
      PolicyOperation operation = CHOICE[random.below(CHOICE.length)];
      double strength = strength(operation, random.below(severity), image.width(), image.height());
      changed = operation.applyEitherWay(changed, strength, sampling, random);
    }
    return changed;
  }

  static double strength(PolicyOperation operation, int bin, int width, int height) {
    return MAGNITUDES.of(operation, bin, width / 3.0, height / 3.0);
  }

  private static void add(float[] mixed, byte[] pixels, float part) {
    for (int i = 0; i < mixed.length; i++) {
      mixed[i] += part * (pixels[i] & 0xff);
    }
  }

  /** Parts that sum to one. */
  double[] dirichlet(int count, RandomStream random) {
    double[] parts = new double[count];
    double left = 1;
    for (int i = 0; i < count - 1; i++) {
      parts[i] = left * random.beta(alpha, alpha * (count - 1 - i));
      left -= parts[i];
    }
    parts[count - 1] = left;
    return parts;
  }

  @Override
  public String toString() {
    return "augmix(severity=%d, width=%d, depth=%d, alpha=%s, %s)"
        .formatted(severity, width, depth, StepArguments.text(alpha), StepArguments.text(sampling));
  }
}
