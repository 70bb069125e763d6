package dev.lapidary.trainer.plan;

import static dev.lapidary.core.failure.Requirement.require;

import dev.lapidary.trainer.data.EpochOrder;
import dev.lapidary.trainer.data.Shard;
import java.util.List;

/**
 * How many logical workers share the training images, and how often they meet. A result is a
 * function of these numbers, never of the machines that do the work.
 *
 * @param worldSize workers, each of which owns a fixed part of the images; 1: no rounds
 * @param localSteps optimizer steps of each worker between two meetings; 1: the workers' gradients
 *     are averaged for each step, as DistributedDataParallel does; more: their weights are (local
 *     SGD), and an outer step moves the common weights towards that mean
 * @param localStepsAfter the fraction of each stage's steps, the first ones, for which the
 *     gradients are averaged nevertheless (post-local SGD, arXiv 1808.07217); 0: for none
 * @param outerLr of the outer step, SGD with Nesterov's momentum (DiLoCo, arXiv 2311.08105); 1
 *     without momentum: the mean itself
 * @param outerMomentum likewise
 */
public record Rounds(
    int worldSize, int localSteps, double localStepsAfter, double outerLr, double outerMomentum) {
  /**
   * One worker, as ever; where there are more, an outer step goes to their mean. DiLoCo's 0.7 and
   * 0.9 suit some 500 steps between meetings: with 4 of SGD they cost a third of the accuracy.
   */
  public static final Rounds NONE = new Rounds(1, 1, 0, 1, 0);

  private static final int MAX = 10_000;

  public Rounds {
    require(
        worldSize >= 1 && worldSize <= MAX,
        "rounds.world-size must lie in [1, " + MAX + "] but is " + worldSize);
    require(localSteps >= 1, "rounds.local-steps must be at least 1, is " + localSteps);
    require(
        localStepsAfter >= 0 && localStepsAfter < 1,
        "rounds.local-steps-after must lie in [0, 1) but is " + localStepsAfter);
    require(
        localStepsAfter == 0 || localSteps > 1,
        "rounds.local-steps-after "
            + localStepsAfter
            + " says when workers begin to take several steps between meetings, and"
            + " rounds.local-steps is 1");
    require(
        outerLr > 0 && Double.isFinite(outerLr),
        "rounds.outer-lr must be positive but is " + outerLr);
    require(
        outerMomentum >= 0 && outerMomentum < 1,
        "rounds.outer-momentum must lie in [0, 1) but is " + outerMomentum);
    require(
        worldSize > 1 || localSteps == 1,
        "rounds.local-steps " + localSteps + " needs workers that meet: rounds.world-size is 1");
  }

  public boolean hasWorkers() {
    return worldSize > 1;
  }

  /** The same, of so many workers. */
  Rounds of(int workers) {
    return new Rounds(workers, localSteps, localStepsAfter, outerLr, outerMomentum);
  }

  /** Whether workers take steps of their own between two meetings, sooner or later. */
  public boolean hasLocalSteps() {
    return localSteps > 1;
  }

  /**
   * Whether they do so after this step.
   *
   * @param step of a stage, from 0
   * @param steps that the stage has
   */
  public boolean hasLocalSteps(long step, long steps) {
    return hasLocalSteps() && step >= Math.ceil(localStepsAfter * steps);
  }

  /** The worker with the most images. */
  public Shard largest() {
    return new Shard(0, worldSize);
  }

  /** The worker with the fewest. */
  public Shard smallest() {
    return new Shard(worldSize - 1, worldSize);
  }

  /** Refuses what cannot be shared among workers. */
  void requireSense(
      List<StageConfig> stages, EpochOrder sampling, PrecisionChoice precision, RunConfig.Ema ema) {
    if (!hasWorkers()) {
      return;
    }
    String workers = "world-size " + worldSize + ": ";
    for (StageConfig stage : stages) {
      require(
          stage.batchSize() != StageConfig.AUTO,
          workers
              + "batch-size auto is what one machine's memory holds, and the result would depend"
              + " on that machine; give the images of a worker's batch");
      require(
          stage.cacheVariants() == 0,
          workers
              + "cache-variants keeps features in the run directory, where workers do not read;"
              + " leave it out");
    }
    require(
        sampling != EpochOrder.BALANCED,
        workers
            + "sampling balanced draws from all images, and each worker owns a fixed part of them;"
            + " weigh rare classes by class-weights balanced");
    require(
        !hasLocalSteps() || precision != PrecisionChoice.FP16,
        workers
            + "fp16 skips a step that overflows, and with local-steps above 1 workers would skip"
            + " different ones; use precision bf16 or fp32");
    require(
        !hasLocalSteps() || ema.decay() == 0,
        workers
            + "ema follows the weights step by step, and with local-steps above 1 there are common"
            + " weights only once a round; leave it out");
  }
}
