package dev.lapidary.trainer.run.step;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDManager;
import ai.djl.ndarray.types.Shape;
import dev.lapidary.trainer.data.Batch;
import dev.lapidary.trainer.data.EpochImages;
import dev.lapidary.trainer.report.Answer;
import java.util.List;

/** How the images of a batch count. */
final class ImageFactors {
  private ImageFactors() {}

  /**
   * On the losses of some of a batch.
   *
   * @return [2, to - from]: of the images, and of those that mixup mixes in, their predecessors; no
   *     elements where all count alike and one head learns all
   */
  static NDArray of(NDManager manager, EpochImages learned, Batch batch, int from, int to) {
    if (!learned.isWeighed() && !learned.hasSecondHead()) {
      return manager.create(new Shape(0));
    }
    int[] all = batch.samples();
    int[] samples = new int[2 * (to - from)];
    for (int i = from; i < to; i++) {
      samples[i - from] = all[i];
      samples[to - from + i - from] = all[Math.floorMod(i - 1, all.length)];
    }
    return manager.create(learned.factors(samples), new Shape(2, to - from));
  }

  /**
   * How many of the target's images are answered right.
   *
   * @param logits [N, outputs] of all heads
   * @param labels [N] or [N, labels]
   * @param samples [N]
   */
  static long correct(EpochImages learned, float[] logits, long[] labels, int[] samples) {
    int own = learned.ofTarget(samples);
    if (own == samples.length && !learned.hasSecondHead()) {
      return count(Answer.ofLogits(logits, labels, samples));
    }
    int outputs = logits.length / samples.length;
    int width = labels.length / samples.length;
    int kept = learned.hasSecondHead() ? learned.ownLabels() : outputs;
    float[] ownLogits = new float[own * kept];
    long[] ownLabels = new long[own * width];
    int[] ownSamples = new int[own];
    for (int i = 0, at = 0; i < samples.length; i++) {
      if (learned.ofTarget(samples[i]) == 1) {
        System.arraycopy(logits, i * outputs, ownLogits, at * kept, kept);
        System.arraycopy(labels, i * width, ownLabels, at * width, width);
        ownSamples[at++] = samples[i];
      }
    }
    return own == 0 ? 0 : count(Answer.ofLogits(ownLogits, ownLabels, ownSamples));
  }

  private static long count(List<Answer> answers) {
    return answers.stream().filter(Answer::correct).count();
  }
}
