package dev.lapidary.trainer.run.round;

import dev.lapidary.core.tensor.Tensor;
import dev.lapidary.trainer.plan.Rounds;
import java.util.Map;
import java.util.TreeMap;

/**
 * DiLoCo's outer optimizer (arXiv 2311.08105): SGD with Nesterov's momentum, whose gradient is how
 * far the workers' mean has moved from the common weights, negated. With rate 1 and no momentum the
 * common weights become the mean.
 */
final class OuterStep {
  private static final float[] NONE = {};

  private static final String SLOT = ".outer_momentum";

  private final Rounds rounds;
  private final Map<String, float[]> momenta = new TreeMap<>();

  OuterStep(Rounds rounds) {
    this.rounds = rounds;
  }

  /**
   * @param common weights before the round
   * @param mean of the workers' weights after it
   * @return the common weights after it
   */
  float[] take(String parameter, float[] common, float[] mean) {
    double momentum = rounds.outerMomentum();
    float[] velocity =
        momentum == 0 // nothing to remember
            ? NONE
            : momenta.computeIfAbsent(parameter, name -> new float[common.length]);
    float[] next = new float[common.length];
    for (int i = 0; i < next.length; i++) {
      double gradient = (double) common[i] - mean[i];
      double moved = gradient;
      if (momentum != 0) {
        velocity[i] = (float) (momentum * velocity[i] + gradient);
        moved += momentum * (double) velocity[i];
      }
      next[i] = (float) (common[i] - rounds.outerLr() * moved);
    }
    return next;
  }

  void forget() {
    momenta.clear();
  }

  /** By {@code PARAMETER.outer_momentum}, beside the slots of the workers' optimizer. */
  Map<String, Tensor> save() {
    Map<String, Tensor> saved = new TreeMap<>();
    momenta.forEach((name, values) -> saved.put(name + SLOT, Tensor.of(values, values.length)));
    return saved;
  }

  void restore(Map<String, Tensor> saved) {
    momenta.clear();
    saved.forEach(
        (key, tensor) -> {
          if (key.endsWith(SLOT)) {
            momenta.put(key.substring(0, key.length() - SLOT.length()), tensor.toFloats());
          }
        });
  }
}
