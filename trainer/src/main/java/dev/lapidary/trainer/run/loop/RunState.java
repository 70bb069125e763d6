package dev.lapidary.trainer.run.loop;

import dev.lapidary.trainer.checkpoint.Checkpoints;
import dev.lapidary.trainer.checkpoint.TrainingState;
import dev.lapidary.trainer.checkpoint.TrainingState.Adapted;
import dev.lapidary.trainer.checkpoint.TrainingState.Best;
import dev.lapidary.trainer.checkpoint.TrainingState.Identity;
import dev.lapidary.trainer.checkpoint.TrainingState.Position;
import dev.lapidary.trainer.checkpoint.TrainingState.Sums;
import dev.lapidary.trainer.plan.PlateauState;
import dev.lapidary.trainer.plan.RunConfig;
import dev.lapidary.trainer.plan.Schedule;
import dev.lapidary.trainer.plan.StageConfig;
import dev.lapidary.trainer.run.evaluate.ValidationScores;
import dev.lapidary.trainer.run.step.TrainingStep;
import java.util.List;

/** How far a run is, and which of its epochs were the best: what a checkpoint says of it. */
final class RunState {
  private final RunConfig config;
  private Position position = Position.START;
  private Sums sums = Sums.ZERO;
  private BestEpochs best;
  private Adapted adapted;
  private boolean finished;

  RunState(RunConfig config, Adapted adapted) {
    this.config = config;
    this.adapted = adapted;
    this.best = new BestEpochs(config.checkpoints().keepTop(), List.of());
  }

  void restore(TrainingState saved) {
    position = saved.position();
    sums = saved.sums();
    best = new BestEpochs(config.checkpoints().keepTop(), saved.kept());
    adapted = saved.adapted();
    finished = saved.finished();
  }

  TrainingState saved(Identity identity, long metricsBytes) {
    return new TrainingState(
        identity, position, sums, best.epochs(), adapted, metricsBytes, finished);
  }

  Position position() {
    return position;
  }

  /** Of the epoch so far. */
  Sums sums() {
    return sums;
  }

  Adapted adapted() {
    return adapted;
  }

  Best best() {
    return best.first();
  }

  boolean isFinished() {
    return finished;
  }

  boolean isAtStartOfStage() {
    return position.epoch() == 0 && position.batch() == 0;
  }

  /** Whose optimizer a checkpoint holds: between two stages still that of the first. */
  int stageOfOptimizer() {
    boolean between = isAtStartOfStage() && position.stage() > 0;
    int stage = between ? position.stage() - 1 : position.stage();
    return Math.min(stage, config.stages().size() - 1);
  }

  /** Counted over the whole run, from 0: what random decisions depend on. */
  int epochNumber() {
    return config.epochsBefore(position.stage()) + position.epoch();
  }

  void goOnWithStage(int stage) {
    position = new Position(stage, 0, 0, position.step());
    finished = false;
  }

  void count(TrainingStep.Done done) {
    sums = sums.plus(done.sums());
    position = position.after(done.batches(), done.steps());
    adapted = done.adapted();
  }

  /** Puts the epoch among the best, if it is; whether its weights are to be kept. */
  boolean keep(ValidationScores scores) {
    Best epoch =
        new Best(
            position.step(),
            epochNumber() + 1,
            scores.score(config.checkpoints().bestBy()),
            scores.loss(),
            Checkpoints.bestName(position.step()));
    best = best.with(epoch);
    return best.epochs().contains(epoch);
  }

  /** Shows an epoch's validation loss to a schedule that waits for plateaus. */
  void adapt(Schedule schedule, double loss) {
    adapted = adapted.with(adapted.plateau().after(schedule, position.epoch(), loss));
  }

  /** Whether the stage, or the run before it, had its best epoch a short time ago. */
  boolean isPatient() {
    int patience = config.checkpoints().patience();
    int since = Math.max(best.first().epoch(), config.epochsBefore(position.stage()));
    return patience == 0 || epochNumber() + 1 - since < patience;
  }

  /** Goes to the next epoch, or to the next stage if this one is at its end or impatient. */
  void finishEpoch(StageConfig stage) {
    boolean last = !isPatient() || position.epoch() + 1 == stage.epochs();
    finished = last && position.stage() + 1 == config.stages().size();
    if (last) {
      adapted = adapted.with(PlateauState.START);
    }
    position =
        last
            ? new Position(position.stage() + 1, 0, 0, position.step())
            : new Position(position.stage(), position.epoch() + 1, 0, position.step());
    sums = Sums.ZERO;
  }
}
