package dev.lapidary.trainer.run.loop;

import dev.lapidary.core.failure.Failure;
import dev.lapidary.core.image.Preprocessor;
import dev.lapidary.core.tensor.Tensor;
import dev.lapidary.trainer.augment.Augmentation;
import dev.lapidary.trainer.checkpoint.CheckpointWriter;
import dev.lapidary.trainer.checkpoint.Checkpoints;
import dev.lapidary.trainer.checkpoint.TrainingState;
import dev.lapidary.trainer.checkpoint.TrainingState.Adapted;
import dev.lapidary.trainer.checkpoint.TrainingState.Best;
import dev.lapidary.trainer.checkpoint.TrainingState.Position;
import dev.lapidary.trainer.checkpoint.TrainingState.Sums;
import dev.lapidary.trainer.data.BatchSource;
import dev.lapidary.trainer.data.FeatureFile;
import dev.lapidary.trainer.data.Loader;
import dev.lapidary.trainer.plan.PlateauState;
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
import dev.lapidary.trainer.run.stage.EpochBatches;
import dev.lapidary.trainer.run.stage.StageRun;
import dev.lapidary.trainer.run.stage.TrainedWeights;
import dev.lapidary.trainer.run.step.TrainingClock;
import dev.lapidary.trainer.run.step.TrainingStep;
import java.io.IOException;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.function.BooleanSupplier;

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
  private final Validation validation;
  private final CheckpointWriter writer;
  private final TrainingClock clock = new TrainingClock();

  private Loader loader;
  private Optional<FrozenFeatures> features = Optional.empty();
  private Optimizer optimizer;
  private Position position = Position.START;
  private Sums sums = Sums.ZERO;
  private BestEpochs best;
  private Adapted adapted;
  private long metricsBytes;
  private boolean finished;

  /**
   * @param stop asked after each step
   */
  public Training(RunDirectory directory, RunInputs inputs, Progress progress, BooleanSupplier stop) {
    this.directory = directory;
    this.inputs = inputs;
    this.config = inputs.config();
    this.progress = progress;
    this.stop = stop;
    this.program = inputs.openProgram();
    program.notes().forEach(progress::say);
    inputs.prefixes().notes().forEach(progress::say);
    this.teacher = inputs.openTeacher();
    this.weights = TrainedWeights.of(program, config.ema());
    this.adapted = inputs.adapted();
    this.best = new BestEpochs(config.checkpoints().keepTop(), List.of());
    this.step = TrainingStep.of(inputs, program, teacher, clock, progress, directory.checkpoints());
    this.loader = loader(config.stages().get(0));
    this.validation =
        new Validation(
            inputs.data().validation(),
            inputs.network().preprocessing(),
            config.threads(),
            cacheBytes(),
            directory.remedy());
    this.writer = new CheckpointWriter(new Checkpoints(directory.checkpoints()));
    this.optimizer = new Optimizer(program, config.stages().get(0).optimizer());
  }

  /** Takes everything from a checkpoint. */
  public void restore(Checkpoints.Saved saved) {
    weights.restore(saved, directory.checkpoints());
    TrainingState state = saved.state();
    position = state.position();
    sums = state.sums();
    best = new BestEpochs(config.checkpoints().keepTop(), state.kept());
    adapted = state.adapted();
    metricsBytes = state.metricsBytes();
    finished = state.finished();
    optimizer.close();
    int last = config.stages().size() - 1;
    boolean between = position.epoch() == 0 && position.batch() == 0 && position.stage() > 0;
    int stage = Math.min(between ? position.stage() - 1 : position.stage(), last);
    optimizer = new Optimizer(program, config.stages().get(stage).optimizer());
    optimizer.restore(saved.optimizer());
  }

  /** Begins a stage that was added to a finished run. */
  public void goOnWithStage(int stage) {
    position = new Position(stage, 0, 0, position.step());
    finished = false;
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
        Reports reports = new Reports(directory, inputs, program, position.step())) {
      for (int s = position.stage(); s < config.stages().size() && !finished; s++) {
        StageRun stage = enterStage(s);
        while (position.stage() == s) {
          if (trainEpoch(stage, metrics) == RunOutcome.INTERRUPTED) {
            writer.await();
            return RunOutcome.INTERRUPTED;
          }
          ValidationScores scores = weights.asDelivered(() -> validation.score(program));
          boolean isKept = keep(scores);
          metrics.append(epochMetrics(stage, scores, best.first().epoch() == epochNumber() + 1));
          timing.append(clock.epoch(position.step()));
          report(reports, scores);
          adapt(stage, scores);
          finishEpoch(stage, metrics, isKept);
        }
        progress.say(stage.proveFrozen());
        dropFeatures();
      }
      FrozenFeatures.remove(directory.features()); // a stage's end may have been cut off
      writer.await();
      new Completion(directory, inputs, program, weights, validation, progress)
          .deliver(best.first(), position.step(), reports);
      return RunOutcome.FINISHED;
    }
  }

  /** A stage with the rule of the stage before goes on with its moments; another begins anew. */
  private StageRun enterStage(int index) throws IOException {
    StageConfig stage = config.stages().get(index);
    boolean atStart = position.epoch() == 0 && position.batch() == 0;
    if (index > 0
        && atStart
        && !stage.optimizer().equals(config.stages().get(index - 1).optimizer())) {
      optimizer.close();
      optimizer = new Optimizer(program, stage.optimizer());
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
    try (BatchSource batches = batches(stage, plan)) {
      clock.startEpoch();
      while (batches.hasNext()) {
        long images = plan.imagesOfStep(position.batch());
        double factor = factor(stage, plan, position.batch() / stage.config().accumulate());
        count(step.take(stage, optimizer, batches, position, images, factor, adapted));
        show(plan);
        if (stop.getAsBoolean() && batches.hasNext()) {
          checkpoint(metrics, false);
          return RunOutcome.INTERRUPTED;
        }
        if (checkpointIsDue() && batches.hasNext()) {
          checkpoint(metrics, false);
        }
      }
    } catch (FeatureFile.Incomplete stopped) {
      checkpoint(metrics, false);
      return RunOutcome.INTERRUPTED;
    }
    return RunOutcome.FINISHED;
  }

  /** A moving average is validated with weights of its own, so from the images. */
  private BatchSource batches(StageRun stage, EpochBatches plan) {
    int first = (int) position.batch();
    if (features.isPresent()) {
      validation.use(config.ema().decay() == 0 ? features : Optional.empty());
      return features.get().training(plan.order(), epochNumber(), first);
    }
    return loader.batches(plan.order(), stage.config().batchSize(), epochNumber(), first);
  }

  private void count(TrainingStep.Done done) {
    sums = sums.plus(done.sums().loss(), done.sums().images(), done.sums().correct());
    position =
        new Position(
            position.stage(),
            position.epoch(),
            position.batch() + done.batches(),
            position.step() + (done.updated() ? 1 : 0));
    adapted = done.adapted();
    if (done.updated()) {
      weights.average(position.step());
    }
  }

  private boolean checkpointIsDue() {
    int steps = config.checkpoints().everySteps();
    double minutes = config.checkpoints().everyMinutes();
    return (steps > 0 && position.step() % steps == 0)
        || (minutes > 0 && clock.minutesSinceCheckpoint() >= minutes);
  }

  /** Puts the epoch among the best, if it is; whether its weights are to be kept. */
  private boolean keep(ValidationScores scores) {
    Best epoch =
        new Best(
            position.step(),
            epochNumber() + 1,
            scores.score(),
            scores.loss(),
            Checkpoints.bestName(position.step()));
    best = best.with(epoch);
    return best.epochs().contains(epoch);
  }

  private EpochMetrics epochMetrics(StageRun stage, ValidationScores scores, boolean better) {
    EpochBatches plan = epochBatches(stage);
    Optional<MultiLabelMeasures> several = scores.severalLabels();
    EpochMetrics line =
        new EpochMetrics(
            stage.config().name(),
            epochNumber() + 1,
            position.step(),
            stage.highestRate(factor(stage, plan, plan.steps() - 1)),
            sums.loss() / sums.images(),
            (double) sums.correct() / sums.images(),
            scores.loss(),
            scores.accuracy(),
            several.map(MultiLabelMeasures::meanAveragePrecision),
            several.map(MultiLabelMeasures::microF1),
            several.map(MultiLabelMeasures::macroF1),
            better);
    progress.epoch(line, config.epochs(), clock.imagesPerSecond(sums.images()));
    return line;
  }

  private void report(Reports reports, ValidationScores scores) throws IOException {
    List<EpochMetrics> epochs = MetricsLog.epochs(directory.metrics());
    Overfitting.warning(epochs).ifPresent(warning -> progress.say("warning: " + warning));
    reports.epoch(epochs, position.stage(), scores);
  }

  private void finishEpoch(StageRun stage, MetricsLog metrics, boolean isKept) throws IOException {
    boolean patient = isPatient();
    boolean last = !patient || position.epoch() + 1 == stage.config().epochs();
    finished = last && position.stage() + 1 == config.stages().size();
    if (!patient) {
      progress.say(
          "stage %s: no better validation for %d epochs: it ends"
              .formatted(stage.config().name(), config.checkpoints().patience()));
    }
    if (last) {
      adapted = adapted.with(PlateauState.START);
    }
    position =
        last
            ? new Position(position.stage() + 1, 0, 0, position.step())
            : new Position(position.stage(), position.epoch() + 1, 0, position.step());
    sums = Sums.ZERO;
    checkpoint(metrics, isKept);
  }

  /** Whether the stage, or the run before it, had its best epoch a short time ago. */
  private boolean isPatient() {
    int patience = config.checkpoints().patience();
    int since = Math.max(best.first().epoch(), config.epochsBefore(position.stage()));
    return patience == 0 || epochNumber() + 1 - since < patience;
  }

  private void adapt(StageRun stage, ValidationScores scores) {
    PlateauState plateau =
        adapted.plateau().after(stage.config().schedule(), position.epoch(), scores.loss());
    if (plateau.factor() < adapted.plateau().factor()) {
      progress.say(
          "stage %s: a plateau; rates times %s".formatted(stage.config().name(), plateau.factor()));
    }
    adapted = adapted.with(plateau);
  }

  /** Copies the state; it is written while training goes on. */
  private void checkpoint(MetricsLog metrics, boolean isKept) throws IOException {
    long bytes = metrics.bytes();
    clock.checkpointing(
        () -> {
          TrainingState state =
              new TrainingState(
                  inputs.identity(), position, sums, best.epochs(), adapted, bytes, finished);
          Map<String, Tensor> model = weights.copies();
          Map<String, Tensor> mean = weights.averages();
          requireFinite(model);
          requireFinite(mean);
          Map<String, Tensor> delivered = new LinkedHashMap<>(model);
          delivered.putAll(mean);
          writer.write(
              new Checkpoints.Saved(state, model, optimizer.save(), mean),
              isKept ? Optional.of(delivered) : Optional.empty());
        });
  }

  /** What is no number is not kept: the checkpoint before it stays the last good one. */
  private void requireFinite(Map<String, Tensor> tensors) {
    NotFinite.requireFinite(tensors, "after step %d".formatted(position.step()), directory.remedy());
  }

  private void show(EpochBatches plan) {
    progress.batch(
        "epoch %d/%d".formatted(epochNumber() + 1, config.epochs()),
        position.batch(),
        plan.batches(),
        sums.loss() / sums.images(),
        clock.imagesPerSecond(sums.images()));
  }

  /** Counted over the whole run, from 0: what random decisions depend on. */
  private int epochNumber() {
    return config.epochsBefore(position.stage()) + position.epoch();
  }

  private double factor(StageRun stage, EpochBatches plan, long stepOfEpoch) {
    int epochs = stage.config().epochs();
    Schedule schedule = stage.config().schedule();
    return adapted.plateau().factor()
        * schedule.factor(position.epoch(), stepOfEpoch, epochs, plan.steps());
  }

  private EpochBatches epochBatches(StageRun stage) {
    return EpochBatches.of(
        inputs.data().train(),
        config.data().sampling(),
        config.seed(),
        epochNumber(),
        stage.config());
  }

  private Loader loader(StageConfig stage) {
    Preprocessor preprocessor = Preprocessor.of(inputs.network().preprocessing());
    Augmentation view =
        Augmentation.parse(stage.augment(), inputs.network().preprocessing(), config.seed());
    return Loader.of(inputs.data().train(), preprocessor, view, config.threads(), cacheBytes());
  }

  private long cacheBytes() {
    return (long) config.data().cacheMegabytes() << 20;
  }

  @Override
  public void close() {
    writer.close();
    loader.close();
    features.ifPresent(FrozenFeatures::close);
    validation.close();
    optimizer.close();
    teacher.ifPresent(Teacher::close);
    weights.close();
    program.close();
  }
}
