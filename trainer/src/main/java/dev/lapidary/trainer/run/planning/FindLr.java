package dev.lapidary.trainer.run.planning;

import dev.lapidary.core.failure.Failure;
import dev.lapidary.trainer.plan.RunConfig;
import dev.lapidary.trainer.program.Libtorch;
import dev.lapidary.trainer.program.TrainingProgram;
import dev.lapidary.trainer.report.LrRangeTest;
import dev.lapidary.trainer.report.Progress;
import dev.lapidary.trainer.run.inputs.RunInputs;
import dev.lapidary.trainer.run.network.StopRequest;
import dev.lapidary.trainer.run.stage.StageChoice;
import dev.lapidary.trainer.run.step.Trial;
import java.util.ArrayList;
import java.util.List;
import java.util.function.BooleanSupplier;

/**
 * The learning rate range test (Smith, "Cyclical Learning Rates", arXiv 1506.01186): the rate rises
 * from step to step by the same factor until the loss explodes. Nothing is kept but the curve.
 */
public final class FindLr {
  private FindLr() {}

  /**
   * @param stage index of the stage whose parameters, batch size and optimizer are used
   * @param from the first rate, {@code to} the last, if the loss has not exploded before
   * @param steps at most
   * @param stop asked after each step: ends the test at once
   * @throws Failure (exit 2) if there is no such stage, (exit 1) if the loss explodes at once
   */
  public static LrRangeTest of(
      RunConfig asked,
      int stage,
      double from,
      double to,
      int steps,
      Progress progress,
      BooleanSupplier stop) {
    RunConfig config = RunInputs.resolve(asked);
    return Libtorch.call(
        config.threads(),
        () -> {
          RunInputs inputs = RunInputs.open(config, progress, stop);
          requireStage(inputs, stage);
          try (TrainingProgram program = inputs.openProgram()) {
            return measure(inputs, program, stage, from, to, steps, progress, stop);
          }
        });
  }

  private static LrRangeTest measure(
      RunInputs inputs,
      TrainingProgram program,
      int stage,
      double from,
      double to,
      int steps,
      Progress progress,
      BooleanSupplier stop) {
    double own =
        StageChoice.of(inputs.config().stages().get(stage), program, inputs.network())
            .highestRate();
    if (own <= 0) {
      throw Failure.badInput("the stage's own rate is 0; give it one above that with --lr");
    }
    List<LrRangeTest.Point> points = new ArrayList<>();
    Trial.run(
        inputs,
        program,
        stage,
        (number, taker) -> {
          double rate = from * Math.pow(to / from, (double) number / (steps - 1));
          double loss = taker.loss(rate / own);
          if (!Double.isFinite(loss)) {
            return false;
          }
          points.add(LrRangeTest.next(points, rate, loss));
          progress.batch("find-lr", number + 1, steps, loss, 0);
          return number + 1 < steps && !LrRangeTest.exploded(points) && !stop.getAsBoolean();
        });
    StopRequest.requireNone(stop);
    return LrRangeTest.of(points);
  }

  private static void requireStage(RunInputs inputs, int stage) {
    int count = inputs.config().stages().size();
    if (stage < 0 || stage >= count) {
      throw Failure.badInput("--stage %d: the plan has %d, counted from 0", stage, count);
    }
  }
}
