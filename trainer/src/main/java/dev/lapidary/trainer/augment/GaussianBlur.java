package dev.lapidary.trainer.augment;

import dev.lapidary.core.image.RgbImage;
import dev.lapidary.core.tensor.RandomStream;
import java.util.Arrays;

/**
 * torchvision's {@code GaussianBlur}: a normalized Gaussian window, reflected at the borders,
 * rounded once at the end.
 *
 * @param kernel the window's side in pixels, odd
 * @param sigma of the Gaussian, in pixels
 */
record GaussianBlur(int kernel, DrawnRange sigma) implements PixelStep {
  static GaussianBlur of(StepArguments options) {
    return new GaussianBlur(
        options.odd("kernel", 5, 1, 99),
        options.range("sigma", new DrawnRange(0.1, 2), 1e-3, 1000));
  }

  @Override
  public RgbImage apply(RgbImage image, RandomStream random) {
    return blur(image, kernel, sigma.draw(random));
  }

  static RgbImage blur(RgbImage image, int kernel, double sigma) {
    double[] weights = weights(kernel, sigma);
    int row = 3 * image.width();
    byte[] from = image.pixels();
    double[] across = new double[from.length];
    for (int y = 0; y < image.height(); y++) {
      for (int x = 0; x < image.width(); x++) {
        for (int k = 0; k < kernel; k++) {
          int source = y * row + 3 * reflect(x + k - kernel / 2, image.width());
          for (int c = 0; c < 3; c++) {
            across[y * row + 3 * x + c] += weights[k] * (from[source + c] & 0xff);
          }
        }
      }
    }
    byte[] to = new byte[from.length];
    double[] sums = new double[row];
    for (int y = 0; y < image.height(); y++) {
      Arrays.fill(sums, 0);
      for (int k = 0; k < kernel; k++) {
        int source = row * reflect(y + k - kernel / 2, image.height());
        for (int i = 0; i < row; i++) {
          sums[i] += weights[k] * across[source + i];
        }
      }
      for (int i = 0; i < row; i++) {
        to[y * row + i] = (byte) (int) Math.rint(sums[i]);
      }
    }
    return new RgbImage(image.width(), image.height(), to);
  }

  private static double[] weights(int kernel, double sigma) {
    double[] weights = new double[kernel];
    double sum = 0;
    for (int k = 0; k < kernel; k++) {
      double x = (k - (kernel - 1) * 0.5) / sigma;
      weights[k] = StrictMath.exp(-0.5 * x * x);
      sum += weights[k];
    }
    for (int k = 0; k < kernel; k++) {
      weights[k] /= sum;
    }
    return weights;
  }

  /** Mirrored without repeating the border, as often as a tiny image needs. */
  private static int reflect(int at, int size) {
    int period = Math.max(1, 2 * (size - 1));
    int inPeriod = Math.floorMod(at, period);
    return inPeriod < size ? inPeriod : period - inPeriod;
  }

  @Override
  public String toString() {
    return "blur(kernel=" + kernel + ", sigma=" + sigma + ")";
  }
}
