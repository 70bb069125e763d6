package dev.lapidary.trainer.augment;

import dev.lapidary.core.tensor.RandomStream;
import dev.lapidary.trainer.data.Batch;
import java.util.Arrays;

/**
 * Mixup (Zhang et al. 2018) as in torchvision: {@code lambda} of each image and {@code 1 - lambda}
 * of its predecessor, one lambda a batch.
 *
 * @param alpha lambda is drawn from Beta(alpha, alpha)
 */
record Mixup(double alpha) implements BatchStep {
  static Mixup of(StepArguments options) {
    return new Mixup(options.number("alpha", 0.2, 1e-3, 100));
  }

  @Override
  public Batch apply(Batch batch, int channels, int height, int width, RandomStream random) {
    float lambda = (float) random.beta(alpha, alpha);
    int length = channels * height * width;
    float[] images = batch.images();
    int last = (batch.count() - 1) * length;
    float[] lastImage = Arrays.copyOfRange(images, last, last + length);
    for (int i = batch.count() - 1; i >= 0; i--) {
      int at = i * length;
      for (int k = 0; k < length; k++) {
        float before = i > 0 ? images[at - length + k] : lastImage[k];
        images[at + k] = before * (1 - lambda) + images[at + k] * lambda;
      }
    }
    return batch.mixedWithPredecessors(lambda);
  }

  @Override
  public String toString() {
    return "mixup(alpha=" + StepArguments.text(alpha) + ")";
  }
}
