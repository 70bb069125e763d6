package dev.lapidary.trainer.augment;

import dev.lapidary.models.tensor.RandomStream;
import dev.lapidary.trainer.data.Batch;
import java.util.Arrays;

/**
 * CutMix (Yun et al. 2019) as in torchvision: a box of each image shows its predecessor, the same
 * box in the whole batch; labels count by area.
 *
 * @param alpha the box's area is 1 - lambda, lambda drawn from Beta(alpha, alpha)
 */
record CutMix(double alpha) implements BatchStep {
  static CutMix of(Options options) {
    return new CutMix(options.number("alpha", 1, 1e-3, 100));
  }

  @Override
  public Batch apply(Batch batch, int channels, int height, int width, RandomStream random) {
    double half = 0.5 * Math.sqrt(1 - random.beta(alpha, alpha));
    int centreX = random.below(width);
    int centreY = random.below(height);
    int halfWidth = (int) (half * width);
    int halfHeight = (int) (half * height);
    int left = Math.max(centreX - halfWidth, 0);
    int top = Math.max(centreY - halfHeight, 0);
    int right = Math.min(centreX + halfWidth, width);
    int bottom = Math.min(centreY + halfHeight, height);
    int length = channels * height * width;
    float[] images = batch.images();
    int last = (batch.count() - 1) * length;
    float[] lastImage = Arrays.copyOfRange(images, last, last + length);
    for (int i = batch.count() - 1; i >= 0; i--) {
      float[] before = i > 0 ? images : lastImage;
      int from = i > 0 ? (i - 1) * length : 0;
      for (int row = 0; row < channels * height; row++) {
        if (row % height >= top && row % height < bottom) {
          int at = row * width + left;
          System.arraycopy(before, from + at, images, i * length + at, right - left);
        }
      }
    }
    double kept = 1 - (double) (right - left) * (bottom - top) / ((double) width * height);
    return batch.mixedWithPredecessors((float) kept);
  }

  @Override
  public String toString() {
    return "cutmix(alpha=" + Options.text(alpha) + ")";
  }
}
