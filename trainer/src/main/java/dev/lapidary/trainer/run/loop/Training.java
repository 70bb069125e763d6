package dev.lapidary.trainer.run.loop;

import dev.lapidary.core.failure.Failure;
import dev.lapidary.core.tensor.Tensor;
import dev.lapidary.trainer.checkpoint.CheckpointWriter;
import dev.lapidary.trainer.checkpoint.Checkpoints;
import dev.lapidary.trainer.checkpoint.TrainingState;
import dev.lapidary.trainer.checkpoint.TrainingState.Position;
import dev.lapidary.trainer.checkpoint.TrainingState.Sums;
import dev.lapidary.trainer.data.BatchSource;
import dev.lapidary.trainer.data.EpochImages;
import dev.lapidary.trainer.data.FeatureFile;
import dev.lapidary.trainer.data.Loader;
import dev.lapidary.trainer.data.Shard;
import dev.lapidary.trainer.plan.RunConfig;
import dev.lapidary.trainer.plan.Schedule;
import dev.lapidary.trainer.plan.StageConfig;
import dev.lapidary.trainer.program.Optimizer;
import dev.lapidary.trainer.program.TrainingProgram;
import dev.lapidary.trainer.report.EpochMetrics;
import dev.lapidary.trainer.report.MultiLabelMeasures;
import dev.lapidary.trainer.report.Overfitting;
import dev.lapidary.trainer.report.Progress;
import dev.lapidary.trainer.run.delivery.Reports;
import dev.lapidary.trainer.run.evaluate.Validation;
import dev.lapidary.trainer.run.evaluate.ValidationScores;
import dev.lapidary.trainer.run.frozen.FrozenFeatures;
import dev.lapidary.trainer.run.inputs.RunDirectory;
import dev.lapidary.trainer.run.inputs.RunInputs;
import dev.lapidary.trainer.run.network.NotFinite;
import dev.lapidary.trainer.run.network.Teacher;
import dev.lapidary.trainer.run.round.RoundNotes;
import dev.lapidary.trainer.run.round.RoundStep;
import dev.lapidary.trainer.run.round.RoundSteps;
import dev.lapidary.trainer.run.round.WorkerGroup;
import dev.lapidary.trainer.run.stage.EpochBatches;
import dev.lapidary.trainer.run.stage.StageRun;
import dev.lapidary.trainer.run.stage.TrainedWeights;
import dev.lapidary.trainer.run.step.EpochSteps;
import dev.lapidary.trainer.run.step.OwnSteps;
import dev.lapidary.trainer.run.step.TrainingClock;
import dev.lapidary.trainer.run.step.TrainingStep;
import java.io.IOException;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.function.BooleanSupplier;
import java.util.stream.IntStream;

/** The loop: from the first step or a checkpoint to {@code model.pt}. On libtorch's thread. */
public final class Training implements AutoCloseable {
  private final RunDirectory directory;
  private final RunInputs inputs;
  private final RunConfig config;
  private final Progress progress;
  private final BooleanSupplier stop;
  private final TrainingProgram program;
  private final Optional<Teacher> teacher;
  private final TrainedWeights weights;
  private final TrainingStep step;
  private final Optional<RoundStep> rounds;
  private final Validation validation;
  private final CheckpointWriter writer;
  private final TrainingClock clock = new TrainingClock();

  private Loader loader;
  private Optional<FrozenFeatures> features = Optional.empty();
  private Optimizer optimizer;
  private final RunState state;
  private long metricsBytes;

  /**
   * @param opening of the workers, if the run has any
   * @param stop asked after each step
   */
  public Training(
      RunDirectory directory,
      RunInputs inputs,
      WorkerGroup.Opening opening,
      Progress progress,
      BooleanSupplier stop) {
    this.directory = directory;
    this.inputs = inputs;
    this.config = inputs.config();
    this.progress = progress;
    this.stop = stop;
    this.program = inputs.openProgram();
    program.notes().forEach(progress::say);
    inputs.prefixes().notes().forEach(progress::say);
    RoundNotes.of(config, inputs.data().learned().images()).forEach(progress::say);
    this.teacher = inputs.openTeacher();
    this.weights = TrainedWeights.of(program, config.ema());
    this.state = new RunState(config, inputs.adapted());
    this.step = TrainingStep.of(inputs, program, teacher, clock, progress, directory.checkpoints());
    this.loader = loader(config.stages().get(0));
    this.validation =
        new Validation(
            inputs.data().validation(),
            inputs.network().preprocessing(),
            config.threads(),
            inputs.cacheBytes(),
            new Validation.Telling("validation", directory.remedy(), progress));
    this.writer = new CheckpointWriter(new Checkpoints(directory.checkpoints()));
    this.optimizer = new Optimizer(program, config.stages().get(0).optimizer());
    this.rounds = config.rounds().hasWorkers() ? Optional.of(rounds(opening)) : Optional.empty();
  }

  private RoundStep rounds(WorkerGroup.Opening opening) {
    WorkerGroup workers = opening.open(inputs, directory.checkpoints(), progress);
    return new RoundStep(config.rounds(), step, workers);
  }

  /** Takes everything from a checkpoint. */
  public void restore(Checkpoints.Saved saved) {
    weights.restore(saved, directory.checkpoints());
    state.restore(saved.state());
    metricsBytes = saved.state().metricsBytes();
    optimizer.close();
    int stage = state.stageOfOptimizer();
    optimizer = new Optimizer(program, config.stages().get(stage).optimizer());
    optimizer.restore(saved.optimizer());
    rounds.ifPresent(round -> round.restore(saved.optimizer()));
  }

  /** Begins a stage that was added to a finished run. */
  public void goOnWithStage(int stage) {
    state.goOnWithStage(stage);
  }

  /**
   * Trains to the end, or until it is asked to stop.
   *
   * @throws Failure (exit 1) if the run directory cannot be written
   */
  public RunOutcome run() {
    try {
      return stages();
    } catch (IOException e) {
      throw Failure.failed(
          "[%s] the run cannot be written: %s; what was written before is sound: make room, then go"
              + " on with 'trainer resume'",
          directory.root(), Failure.reason(e));
    }
  }

  /** The whole road. */
  private RunOutcome stages() throws IOException {
    try (MetricsLog metrics = MetricsLog.open(directory.metrics(), metricsBytes);
        MetricsLog timing = MetricsLog.append(directory.timing());
        Reports reports = new Reports(directory, inputs, program, state.position().step())) {
      for (int s = state.position().stage();
          s < config.stages().size() && !state.isFinished();
          s++) {
        StageRun stage = enterStage(s);
        while (state.position().stage() == s) {
          if (trainEpoch(stage, metrics) == RunOutcome.INTERRUPTED) {
            writer.await();
            return RunOutcome.INTERRUPTED;
          }
          ValidationScores scores = weights.asDelivered(() -> validation.score(program));
          boolean isKept = state.keep(scores);
          metrics.append(epochMetrics(stage, scores));
          timing.append(clock.epoch(state.position().step()));
          report(reports, scores);
          adapt(stage, scores);
          finishEpoch(stage, metrics, isKept);
        }
        stage.proveFrozen().ifPresent(progress::say);
        dropFeatures();
      }
      FrozenFeatures.remove(directory.features()); // a stage's end may have been cut off
      writer.await();
      new Completion(directory, inputs, program, weights, validation, progress)
          .deliver(state.best(), state.position().step(), reports);
      return RunOutcome.FINISHED;
    }
  }

  /** A stage with the rule of the stage before goes on with its moments; another begins anew. */
  private StageRun enterStage(int index) throws IOException {
    StageConfig stage = config.stages().get(index);
    if (index > 0
        && state.isAtStartOfStage()
        && !stage.optimizer().equals(config.stages().get(index - 1).optimizer())) {
      optimizer.close();
      optimizer = new Optimizer(program, stage.optimizer());
      rounds.ifPresent(RoundStep::forget);
    }
    loader.close();
    loader = loader(stage);
    StageRun run = StageRun.enter(stage, program, inputs.network());
    progress.say(run.summary());
    features =
        FrozenFeatures.enter(inputs, program, progress, stop, directory.features(), index, run);
    return run;
  }

  private void dropFeatures() throws IOException {
    validation.use(Optional.empty());
    features.ifPresent(FrozenFeatures::close);
    features = Optional.empty();
    FrozenFeatures.remove(directory.features());
  }

  private RunOutcome trainEpoch(StageRun stage, MetricsLog metrics) throws IOException {
    stage.resumeTraining();
    EpochBatches plan = epochBatches(stage);
    try (EpochSteps steps = steps(stage, plan)) {
      clock.startEpoch();
      while (steps.hasNext()) {
        Position at = state.position();
        count(steps.take(at, step -> factor(stage, plan, step), state.adapted()));
        show(plan);
        if (stop.getAsBoolean() && steps.hasNext()) {
          checkpoint(metrics, false);
          return RunOutcome.INTERRUPTED;
        }
        if (checkpointIsDue(at) && steps.hasNext()) {
          checkpoint(metrics, false);
        }
      }
    } catch (FeatureFile.Incomplete stopped) {
      checkpoint(metrics, false);
      return RunOutcome.INTERRUPTED;
    }
    return RunOutcome.FINISHED;
  }

  private EpochSteps steps(StageRun stage, EpochBatches plan) {
    if (rounds.isPresent()) {
      long next = state.position().batch();
      return new RoundSteps(rounds.get(), stage, optimizer, plan, next);
    }
    return new OwnSteps(step, stage, optimizer, batches(stage, plan), plan);
  }

  /** A moving average is validated with weights of its own, so from the images. */
  private BatchSource batches(StageRun stage, EpochBatches plan) {
    int first = (int) state.position().batch();
    if (features.isPresent()) {
      validation.use(config.ema().decay() == 0 ? features : Optional.empty());
      return features.get().training(plan.order(), state.epochNumber(), first);
    }
    return loader.batches(plan.order(), stage.config().batchSize(), state.epochNumber(), first);
  }

  private void count(TrainingStep.Done done) {
    state.count(done);
    if (done.steps() > 0) {
      weights.average(state.position().step());
    }
  }

  /** Whether as many steps as asked for were done, a number that a round may step over. */
  private boolean checkpointIsDue(Position before) {
    int steps = config.checkpoints().everySteps();
    double minutes = config.checkpoints().everyMinutes();
    return (steps > 0 && state.position().step() / steps > before.step() / steps)
        || (minutes > 0 && clock.minutesSinceCheckpoint() >= minutes);
  }

  private EpochMetrics epochMetrics(StageRun stage, ValidationScores scores) {
    Sums sums = state.sums();
    EpochBatches plan = epochBatches(stage);
    Optional<MultiLabelMeasures> several = scores.severalLabels();
    EpochMetrics line =
        new EpochMetrics(
            stage.config().name(),
            state.epochNumber() + 1,
            state.position().step(),
            stage.highestRate(factor(stage, plan, plan.steps() - 1)),
            sums.loss() / sums.images(),
            (double) sums.correct() / ofTarget(stage),
            scores.loss(),
            scores.accuracy(),
            scores.balancedAccuracy(config.checkpoints().bestBy()),
            several.map(MultiLabelMeasures::meanAveragePrecision),
            several.map(MultiLabelMeasures::microF1),
            several.map(MultiLabelMeasures::macroF1),
            state.best().epoch() == state.epochNumber() + 1);
    progress.epoch(line, config.epochs(), clock.imagesPerSecond(sums.images()));
    return line;
  }

  private void report(Reports reports, ValidationScores scores) throws IOException {
    List<EpochMetrics> epochs = MetricsLog.epochs(directory.metrics());
    Overfitting.warning(epochs).ifPresent(warning -> progress.say("warning: " + warning));
    reports.epoch(epochs, state.position().stage(), scores);
  }

  private void finishEpoch(StageRun stage, MetricsLog metrics, boolean isKept) throws IOException {
    if (!state.isPatient()) {
      progress.say(
          "stage %s: no better validation for %d epochs: it ends"
              .formatted(stage.config().name(), config.checkpoints().patience()));
    }
    state.finishEpoch(stage.config());
    checkpoint(metrics, isKept);
  }

  private void adapt(StageRun stage, ValidationScores scores) {
    double before = state.adapted().plateau().factor();
    state.adapt(stage.config().schedule(), scores.loss());
    double factor = state.adapted().plateau().factor();
    if (factor < before) {
      progress.say("stage %s: a plateau; rates times %s".formatted(stage.config().name(), factor));
    }
  }

  /** Copies the state; it is written while training goes on. */
  private void checkpoint(MetricsLog metrics, boolean isKept) throws IOException {
    long bytes = metrics.bytes();
    clock.checkpointing(
        () -> {
          TrainingState now = state.saved(inputs.identity(), bytes);
          Map<String, Tensor> model = weights.copies();
          Map<String, Tensor> mean = weights.averages();
          requireFinite(model);
          requireFinite(mean);
          Map<String, Tensor> delivered = new LinkedHashMap<>(model);
          delivered.putAll(mean);
          Map<String, Tensor> moments = new LinkedHashMap<>(optimizer.save());
          rounds.ifPresent(round -> moments.putAll(round.save()));
          writer.write(
              new Checkpoints.Saved(now, model, moments, mean),
              isKept ? Optional.of(delivered) : Optional.empty());
        });
  }

  /** What is no number is not kept: the checkpoint before it stays the last good one. */
  private void requireFinite(Map<String, Tensor> tensors) {
    NotFinite.requireFinite(
        tensors, "after step %d".formatted(state.position().step()), directory.remedy());
  }

  private void show(EpochBatches plan) {
    progress.batch(
        "epoch %d/%d".formatted(state.epochNumber() + 1, config.epochs()),
        state.position().batch(),
        plan.batches(),
        state.sums().loss() / state.sums().images(),
        clock.imagesPerSecond(state.sums().images()));
  }

  private double factor(StageRun stage, EpochBatches plan, long stepOfEpoch) {
    int epochs = stage.config().epochs();
    Schedule schedule = stage.config().schedule();
    return state.adapted().plateau().factor()
        * schedule.factor(state.position().epoch(), stepOfEpoch, epochs, plan.steps());
  }

  /** The target's images that all workers together trained on in the epoch. */
  private long ofTarget(StageRun stage) {
    EpochImages learned = inputs.data().learned();
    int workers = config.rounds().worldSize();
    if (workers > 1 && !learned.hasSource()) {
      return state.sums().images();
    }
    return IntStream.range(0, workers)
        .map(worker -> learned.ofTarget(epochBatches(stage, new Shard(worker, workers)).order()))
        .sum();
  }

  /** Of worker 0, whose epoch is the longest. */
  private EpochBatches epochBatches(StageRun stage) {
    return epochBatches(stage, config.rounds().largest());
  }

  private EpochBatches epochBatches(StageRun stage, Shard shard) {
    return inputs.epochBatches(state.epochNumber(), stage.config(), shard);
  }

  private Loader loader(StageConfig stage) {
    return inputs.loader(inputs.augmentation(stage), inputs.cacheBytes());
  }

  @Override
  public void close() {
    writer.close();
    loader.close();
    features.ifPresent(FrozenFeatures::close);
    validation.close();
    rounds.ifPresent(RoundStep::close);
    optimizer.close();
    teacher.ifPresent(Teacher::close);
    weights.close();
    program.close();
  }
}
