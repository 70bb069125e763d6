package dev.lapidary.trainer.plan;

import static dev.lapidary.core.failure.Requirement.require;

import dev.lapidary.trainer.data.EpochImages;
import dev.lapidary.trainer.data.Task;
import dev.lapidary.trainer.program.LossOptions;
import java.util.List;
import java.util.Optional;

/**
 * What training makes small.
 *
 * @param function of logits and targets
 * @param labelSmoothing in [0, 1)
 * @param classWeights how classes of unequal size weigh in the cross-entropy; of multi-label data
 *     the labels that images have, in the binary one
 * @param auxiliary whether heads that only training uses (GoogLeNet, Inception v3) add their loss,
 *     with their papers' weights
 * @param teacher a TorchScript archive whose logits are distilled
 * @param distillAlpha the part of the distillation in the loss, in [0, 1]
 * @param distillTemperature that both networks' logits are divided by
 */
public record LossConfig(
    LossOptions.Kind function,
    double labelSmoothing,
    ClassWeights classWeights,
    boolean auxiliary,
    Optional<String> teacher,
    double distillAlpha,
    double distillTemperature) {
  public LossConfig {
    require(
        distillAlpha >= 0 && distillAlpha <= 1,
        "loss.distill-alpha must lie in [0, 1] but is " + distillAlpha);
    require(
        distillTemperature > 0,
        "loss.distill-temperature must be positive but is " + distillTemperature);
    require(
        labelSmoothing >= 0 && labelSmoothing < 1,
        "loss.label-smoothing must lie in [0, 1) but is " + labelSmoothing);
  }

  public LossOptions options(EpochImages images) {
    return options(classWeights.of(images));
  }

  /**
   * @param counts training images of each class, by their weights
   * @param images all of them
   */
  public LossOptions options(Task task, List<Double> counts, double images) {
    return options(classWeights.of(task, counts, images));
  }

  private LossOptions options(List<Float> weights) {
    return new LossOptions(
        function,
        labelSmoothing,
        weights,
        teacher.map(t -> new LossOptions.Distillation(distillAlpha, distillTemperature)));
  }
}
