package dev.lapidary.trainer.plan;

import java.util.Optional;

/**
 * What {@link Schedule.Plateau} has seen of a stage: part of a checkpoint.
 *
 * @param factor on the learning rate
 * @param best the lowest validation loss so far
 * @param bad epochs since then that were no better
 * @param cooldown epochs left in which none counts as bad
 */
public record PlateauState(double factor, Optional<Double> best, int bad, int cooldown) {
  public static final PlateauState START = new PlateauState(1, Optional.empty(), 0, 0);

  /** {@code torch} ignores a change of the rate that is not above this; of the factor here. */
  private static final double EPS = 1e-8;

  /**
   * After an epoch of the stage, as {@code ReduceLROnPlateau.step(loss)}; epochs that lie in the
   * warm-up do not count, and no other shape than a plateau changes anything.
   *
   * @param epoch of the stage, from 0
   */
  public PlateauState after(Schedule schedule, int epoch, double loss) {
    if (!(schedule.shape() instanceof Schedule.Plateau rule) || epoch < schedule.warmup()) {
      return this;
    }
    boolean better = best.isEmpty() || loss < best.get() * (1 - rule.threshold());
    Optional<Double> lowest = better ? Optional.of(loss) : best;
    int left = Math.max(0, cooldown - 1);
    int count = better || cooldown > 0 ? 0 : bad + 1;
    if (count <= rule.patience()) {
      return new PlateauState(factor, lowest, count, left);
    }
    double lower = Math.max(factor * rule.gamma(), rule.min());
    double next = factor - lower > EPS ? lower : factor;
    return new PlateauState(next, lowest, 0, rule.cooldown());
  }
}
