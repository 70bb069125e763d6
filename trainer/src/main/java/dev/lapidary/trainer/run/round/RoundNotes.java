package dev.lapidary.trainer.run.round;

import dev.lapidary.trainer.data.Dataset;
import dev.lapidary.trainer.data.Shard;
import dev.lapidary.trainer.data.ShardCheck;
import dev.lapidary.trainer.plan.Rounds;
import dev.lapidary.trainer.plan.RunConfig;
import dev.lapidary.trainer.plan.StageConfig;
import java.util.ArrayList;
import java.util.List;

/** What sharing the work means for a run. */
public final class RoundNotes {
  /** Below it the outer step's momentum is one over steps rather than over long ways. */
  private static final int FEW_STEPS = 100;

  private static final String AVERAGE_FIRST =
      ", and average gradients for the first half with --local-steps-after 0.5 (post-local SGD):"
          + " with 16 steps ResNet-20 on Fashion-MNIST then had 0.852, without 0.834, one machine"
          + " 0.857";

  private RoundNotes() {}

  /** Nothing for one worker. */
  public static List<String> of(RunConfig config, Dataset train) {
    Rounds rounds = config.rounds();
    List<String> notes = new ArrayList<>();
    if (!rounds.hasWorkers()) {
      return notes;
    }
    int max = new Shard(0, rounds.worldSize()).size(train.size());
    notes.add(
        "%d workers own up to %d of the %d training images each; the result depends on that number,"
                .formatted(rounds.worldSize(), max, train.size())
            + " not on the machines");
    for (StageConfig stage : config.stages()) {
      notes.add("stage %s: %s".formatted(stage.name(), stage(rounds, stage)));
    }
    notes.add(
        "BatchNorm normalizes over a worker's own batch; running statistics become the workers'"
            + " mean at each meeting");
    notes.addAll(ShardCheck.notes(train, rounds.worldSize()));
    return notes;
  }

  private static String stage(Rounds rounds, StageConfig stage) {
    int batch = stage.batchSize() * stage.accumulate();
    if (!rounds.hasLocalSteps()) {
      return "a step averages the gradients of %d x %d images, each image weighing equally"
          .formatted(rounds.worldSize(), batch);
    }
    String after =
        rounds.localStepsAfter() > 0
            ? "a step averages the workers' gradients for the first %s of the steps; then "
                .formatted(rounds.localStepsAfter())
            : "";
    return after
        + "workers meet after each %d steps of %d images; the outer step has rate %s, momentum %s"
            .formatted(rounds.localSteps(), batch, rounds.outerLr(), rounds.outerMomentum());
  }

  /** What experience says of it. */
  public static List<String> advice(RunConfig config) {
    Rounds rounds = config.rounds();
    List<String> advice = new ArrayList<>();
    if (rounds.hasLocalSteps()) {
      advice.add(
          "local-steps %d saves traffic and may cost accuracy: on ImageNet local SGD lost some"
                  .formatted(rounds.localSteps())
              + " against averaged gradients, and more with more steps (arXiv 2110.08133, which"
              + " finds momentum of the outer step to help); choose the least steps that the"
              + " network between the machines allows"
              + (rounds.localStepsAfter() > 0 ? "" : AVERAGE_FIRST));
    }
    if (rounds.hasLocalSteps() && rounds.outerMomentum() > 0 && rounds.localSteps() < FEW_STEPS) {
      advice.add(
          "outer-lr %s with outer-momentum %s is DiLoCo's, for some 500 steps between meetings; with"
                  .formatted(rounds.outerLr(), rounds.outerMomentum())
              + " %d it multiplies what the optimizer's own momentum already did: ResNet-20 on"
                  .formatted(rounds.localSteps())
              + " Fashion-MNIST fell from 0.857 to 0.570 with 4; --outer-lr 1 --outer-momentum 0"
              + " takes the workers' mean itself");
    }
    return advice;
  }
}
