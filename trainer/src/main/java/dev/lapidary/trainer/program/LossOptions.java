package dev.lapidary.trainer.program;

import java.util.List;

/**
 * Cross-entropy's options, as {@code torch.nn.CrossEntropyLoss} has them.
 *
 * @param labelSmoothing e in [0, 1): the target becomes (1-e) * onehot + e / classes
 * @param classWeights by class index; empty for none
 */
public record LossOptions(double labelSmoothing, List<Float> classWeights) {
  public LossOptions {
    classWeights = List.copyOf(classWeights);
  }

  float[] weightArray() {
    float[] weights = new float[classWeights.size()];
    for (int i = 0; i < weights.length; i++) {
      weights[i] = classWeights.get(i);
    }
    return weights;
  }
}
