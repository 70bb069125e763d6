package dev.lapidary.trainer.program;

import java.util.List;
import java.util.Optional;

/**
 * What a batch costs, as {@code torch.nn.CrossEntropyLoss} and {@code BCEWithLogitsLoss} have it.
 *
 * @param kind of loss
 * @param labelSmoothing e in [0, 1): the target becomes (1-e) * onehot + e / classes; of
 *     multi-label data (1-e) * label + e / 2, as Keras' {@code BinaryCrossentropy}
 * @param classWeights by class index, of the cross-entropy; of the labels that images have ({@code
 *     pos_weight}) in a binary one; empty for none
 * @param distillation from a teacher's logits, if any are given with the targets
 */
public record LossOptions(
    Kind kind,
    double labelSmoothing,
    List<Float> classWeights,
    Optional<Distillation> distillation) {

  public enum Kind {
    CROSS_ENTROPY,
    /**
     * A sigmoid a class: the mean over images and classes, as timm's {@code BinaryCrossEntropy}.
     */
    BCE
  }

  /**
   * Hinton, Vinyals, Dean 2015 (arXiv 1503.02531): (1 - alpha) cost + alpha T^2 KL(teacher/T ||
   * student/T); of multi-label data the mean divergence of each label's two outcomes.
   */
  public record Distillation(double alpha, double temperature) {}

  /** Cross-entropy. */
  public LossOptions(double labelSmoothing, List<Float> classWeights) {
    this(Kind.CROSS_ENTROPY, labelSmoothing, classWeights, Optional.empty());
  }

  /** The argument {@code h} of {@link LossText}. */
  double[] numbers(double scale, double labelsWeight, int cut) {
    Distillation soft = distillation.orElse(new Distillation(0, 1));
    double binary = kind == Kind.BCE ? 1 : 0;
    return new double[] {
      labelSmoothing, scale, labelsWeight, binary, soft.alpha(), soft.temperature(), cut
    };
  }

  float[] weightArray() {
    float[] weights = new float[classWeights.size()];
    for (int i = 0; i < weights.length; i++) {
      weights[i] = classWeights.get(i);
    }
    return weights;
  }
}
