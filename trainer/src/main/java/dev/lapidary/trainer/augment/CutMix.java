package dev.lapidary.trainer.augment;

import dev.lapidary.core.tensor.RandomStream;
import dev.lapidary.trainer.data.Batch;
import java.util.Arrays;

/**
 * CutMix (Yun et al. 2019) as in torchvision: a box of each image shows its predecessor, the same
 * box in the whole batch; labels count by area.
 *
 * @param alpha the box's area is 1 - lambda, lambda drawn from Beta(alpha, alpha)
 */
record CutMix(double alpha) implements BatchStep {
  static CutMix of(StepArguments options) {
    return new CutMix(options.number("alpha", 1, 1e-3, 100));
  }

  /** What is pasted: columns left to right - 1 and rows top to bottom - 1, maybe none. */
  record Pasted(int left, int top, int right, int bottom) {
    /** How much of the image is still its own. */
    double kept(int height, int width) {
      return 1 - (double) (right - left) * (bottom - top) / ((double) width * height);
    }
  }

  @Override
  public Batch apply(Batch batch, int channels, int height, int width, RandomStream random) {
    Pasted box = box(alpha, height, width, random);
    int length = channels * height * width;
    float[] images = batch.images();
    int last = (batch.count() - 1) * length;
    float[] lastImage = Arrays.copyOfRange(images, last, last + length);
    for (int i = batch.count() - 1; i >= 0; i--) {
      float[] before = i > 0 ? images : lastImage;
      int from = i > 0 ? (i - 1) * length : 0;
      for (int row = 0; row < channels * height; row++) {
        if (row % height >= box.top() && row % height < box.bottom()) {
          int at = row * width + box.left();
          System.arraycopy(before, from + at, images, i * length + at, box.right() - box.left());
        }
      }
    }
    return batch.mixedWithPredecessors((float) box.kept(height, width));
  }

  static Pasted box(double alpha, int height, int width, RandomStream random) {
    double half = 0.5 * Math.sqrt(1 - random.beta(alpha, alpha));
    int centreX = random.below(width);
    int centreY = random.below(height);
    int halfWidth = (int) (half * width);
    int halfHeight = (int) (half * height);
    return new Pasted(
        Math.max(centreX - halfWidth, 0),
        Math.max(centreY - halfHeight, 0),
        Math.min(centreX + halfWidth, width),
        Math.min(centreY + halfHeight, height));
  }

  @Override
  public String toString() {
    return "cutmix(alpha=" + StepArguments.text(alpha) + ")";
  }
}
