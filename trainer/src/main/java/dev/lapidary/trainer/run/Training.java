package dev.lapidary.trainer.run;

import static java.nio.charset.StandardCharsets.UTF_8;

import ai.djl.ndarray.NDManager;
import dev.lapidary.models.archive.ArchiveWriter;
import dev.lapidary.models.card.CardJson;
import dev.lapidary.models.failure.Failure;
import dev.lapidary.models.image.ImageLimits;
import dev.lapidary.models.image.Preprocessor;
import dev.lapidary.models.script.StateDict;
import dev.lapidary.models.tensor.RandomStream;
import dev.lapidary.models.tensor.Tensor;
import dev.lapidary.models.weights.NamedTensors;
import dev.lapidary.models.weights.Safetensors;
import dev.lapidary.models.zoo.Zoo;
import dev.lapidary.trainer.augment.Augmentation;
import dev.lapidary.trainer.checkpoint.Checkpoints;
import dev.lapidary.trainer.checkpoint.TrainingState;
import dev.lapidary.trainer.checkpoint.TrainingState.Best;
import dev.lapidary.trainer.checkpoint.TrainingState.Identity;
import dev.lapidary.trainer.checkpoint.TrainingState.Position;
import dev.lapidary.trainer.checkpoint.TrainingState.Sums;
import dev.lapidary.trainer.data.Batch;
import dev.lapidary.trainer.data.Loader;
import dev.lapidary.trainer.data.TrainingData;
import dev.lapidary.trainer.plan.NamePatterns;
import dev.lapidary.trainer.plan.RunConfig;
import dev.lapidary.trainer.plan.RunYaml;
import dev.lapidary.trainer.plan.StageConfig;
import dev.lapidary.trainer.program.Gradients;
import dev.lapidary.trainer.program.Libtorch;
import dev.lapidary.trainer.program.LossOptions;
import dev.lapidary.trainer.program.Optimizer;
import dev.lapidary.trainer.program.ProgramTensor;
import dev.lapidary.trainer.program.TrainingProgram;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.function.BooleanSupplier;

/** A run, from its first step or from a checkpoint to {@code model.pt}. */
public final class Training implements AutoCloseable {
  /** How a run ended. */
  public enum Outcome {
    FINISHED,
    /** Asked to stop: the checkpoint is written. */
    INTERRUPTED
  }

  private final RunDirectory directory;
  private final RunConfig config;
  private final Progress progress;
  private final BooleanSupplier stop;
  private final TrainingData data;
  private final Network network;
  private final Identity identity;
  private final LossOptions loss;
  private final TrainingProgram program;
  private final Validation validation;
  private final Checkpoints checkpoints;
  private final TrainingClock clock = new TrainingClock();

  private Loader loader;
  private Optimizer optimizer;
  private Position position = Position.START;
  private Sums sums = Sums.ZERO;
  private Optional<Best> best = Optional.empty();
  private boolean finished;

  /** Everything that a run needs before its first step; to be called on libtorch's thread. */
  private Training(
      RunDirectory directory,
      RunConfig config,
      TrainingData data,
      Network network,
      Progress progress,
      BooleanSupplier stop) {
    this.directory = directory;
    this.config = config;
    this.progress = progress;
    this.stop = stop;
    this.data = data;
    this.network = network;
    this.identity = identity(config, data, network);
    this.loss = config.loss().options(data.train().counts());
    this.program = TrainingProgram.open(network.archive(), config.device());
    program.notes().forEach(progress::say);
    long cacheBytes = (long) config.data().cacheMegabytes() << 20;
    this.loader = loader(config.stages().get(0));
    this.validation =
        new Validation(data.validation(), network.preprocessing(), config.threads(), cacheBytes);
    this.checkpoints = new Checkpoints(directory.checkpoints());
    this.optimizer = new Optimizer(program, config.stages().get(0).optimizer());
  }

  /**
   * Checks data, network and weights, makes the run directory and trains in it.
   *
   * @param stop asked after each step
   * @throws Failure (exit 2) for bad input, before anything is written
   */
  public static Outcome start(Path out, RunConfig asked, Progress progress, BooleanSupplier stop) {
    RunDirectory.requireNew(out);
    RunConfig config = resolve(asked);
    config.model().arch().ifPresent(Zoo::find); // a wrong name fails before images are read
    return Libtorch.call(
        config.threads(),
        () -> {
          TrainingData data = openData(config, progress);
          Network network = Network.of(config, data.train().labels());
          network.notes().forEach(progress::say);
          requirePlan(config, network);
          try (RunDirectory directory = RunDirectory.create(out, config);
              Training training = new Training(directory, config, data, network, progress, stop)) {
            return training.run(0);
          }
        });
  }

  /**
   * Goes on with a run from its newest sound checkpoint, or from its start if there is none yet.
   *
   * @param sets changes of the configuration, {@code key=value}; recorded as drift
   * @param allowed keys of {@link Drift} that may differ
   * @throws Failure (exit 3) if something drifted that is not allowed
   */
  public static Outcome resume(
      Path run, List<String> sets, List<String> allowed, Progress progress, BooleanSupplier stop)
      throws IOException {
    RunConfig kept = RunDirectory.readConfig(run);
    RunConfig config = kept;
    for (String set : sets) {
      config = RunYaml.with(config, set);
    }
    RunConfig changed = config;
    return Libtorch.call(
        changed.threads(),
        () -> {
          try (RunDirectory directory = RunDirectory.open(run)) {
            Checkpoints checkpoints = new Checkpoints(directory.checkpoints());
            checkpoints.dropTemporaryFiles();
            Optional<Checkpoints.Saved> saved = checkpoints.newest(progress::say);
            if (saved.isPresent() && isDelivered(saved.get().state(), directory)) {
              progress.say("%s is finished; nothing is left to do".formatted(run));
              return Outcome.FINISHED;
            }
            TrainingData data = openData(changed, progress);
            Network network = Network.of(changed, data.train().labels());
            try (Training training =
                new Training(directory, changed, data, network, progress, stop)) {
              return training.goOn(saved, sets, allowed);
            }
          }
        });
  }

  /**
   * Adds a stage like the last one to a finished run and trains it.
   *
   * @throws Failure (exit 2) if the run is not finished
   */
  public static Outcome extend(Path run, int epochs, Progress progress, BooleanSupplier stop)
      throws IOException {
    RunConfig config = RunDirectory.readConfig(run);
    Optional<Checkpoints.Saved> saved =
        new Checkpoints(run.resolve("checkpoints")).newest(progress::say);
    if (saved.isEmpty() || !saved.get().state().finished()) {
      throw Failure.badInput("%s is not finished; go on with 'trainer resume %s' first", run, run);
    }
    List<StageConfig> stages = new ArrayList<>(config.stages());
    stages.add(stages.get(stages.size() - 1).extended(epochs, stages.size()));
    RunConfig longer = config.withStages(stages);
    return Libtorch.call(
        config.threads(),
        () -> {
          try (RunDirectory directory = RunDirectory.open(run)) {
            TrainingData data = openData(longer, progress);
            Network network = Network.of(longer, data.train().labels());
            try (Training training =
                new Training(directory, longer, data, network, progress, stop)) {
              training.restore(saved.get());
              training.position =
                  new Position(config.stages().size(), 0, 0, training.position.step());
              training.finished = false;
              directory.writeConfig(longer);
              return training.run(saved.get().state().metricsBytes());
            }
          }
        });
  }

  private Outcome goOn(Optional<Checkpoints.Saved> saved, List<String> sets, List<String> allowed)
      throws IOException {
    if (saved.isEmpty()) {
      progress.say("no checkpoint yet: starting at step 0");
      if (!sets.isEmpty()) {
        directory.writeConfig(config);
      }
      return run(0);
    }
    TrainingState state = saved.get().state();
    Drift.between(state.identity(), identity, !sets.isEmpty()).refuseUnless(allowed, progress);
    restore(saved.get());
    if (!sets.isEmpty()) {
      directory.writeConfig(config);
    }
    progress.say("going on after step " + position.step());
    return run(state.metricsBytes());
  }

  private void restore(Checkpoints.Saved saved) {
    for (ProgramTensor tensor : program.tensors()) {
      Tensor value = saved.model().get(tensor.name());
      if (value == null || !Arrays.equals(value.shape(), tensor.shape())) {
        throw Failure.badInput(
            "[%s] the checkpoint has no %s of shape %s; the network has changed",
            directory.checkpoints(), tensor.name(), Arrays.toString(tensor.shape()));
      }
      program.write(tensor.array(), value.bytes());
    }
    TrainingState state = saved.state();
    position = state.position();
    sums = state.sums();
    best = state.best();
    finished = state.finished();
    optimizer.close();
    int last = config.stages().size() - 1;
    boolean between = position.epoch() == 0 && position.batch() == 0 && position.stage() > 0;
    int stage = Math.min(between ? position.stage() - 1 : position.stage(), last);
    optimizer = new Optimizer(program, config.stages().get(stage).optimizer());
    optimizer.restore(saved.optimizer());
  }

  private static boolean isDelivered(TrainingState state, RunDirectory directory) {
    return state.finished()
        && Files.isRegularFile(directory.model())
        && Files.isRegularFile(directory.weights());
  }

  /** The whole road. */
  private Outcome run(long metricsBytes) throws IOException {
    try (MetricsLog metrics = MetricsLog.open(directory.metrics(), metricsBytes);
        MetricsLog timing = MetricsLog.append(directory.timing())) {
      for (int s = position.stage(); s < config.stages().size() && !finished; s++) {
        StageRun stage = enterStage(s);
        for (int e = position.epoch(); e < stage.config().epochs() && !finished; e++) {
          if (trainEpoch(stage, metrics) == Outcome.INTERRUPTED) {
            return Outcome.INTERRUPTED;
          }
          Scores scores = validation.score(program);
          keepBest(scores);
          metrics.append(epochMetrics(stage, scores));
          timing.append(clock.epoch(position.step()));
          finishEpoch(stage, metrics);
        }
        progress.say(stage.proveFrozen());
      }
      deliver();
      return Outcome.FINISHED;
    }
  }

  private Loader loader(StageConfig stage) {
    Augmentation view = Augmentation.parse(stage.augment(), network.preprocessing(), config.seed());
    long cacheBytes = (long) config.data().cacheMegabytes() << 20;
    Preprocessor preprocessor = Preprocessor.of(network.preprocessing());
    return Loader.of(data.train(), preprocessor, view, config.threads(), cacheBytes);
  }

  /** A stage with the rule of the stage before goes on with its moments; another begins anew. */
  private StageRun enterStage(int index) {
    StageConfig stage = config.stages().get(index);
    if (index > 0 && !stage.optimizer().equals(config.stages().get(index - 1).optimizer())) {
      boolean atStart = position.epoch() == 0 && position.batch() == 0;
      if (atStart) {
        optimizer.close();
        optimizer = new Optimizer(program, stage.optimizer());
      }
    }
    loader.close();
    loader = loader(stage);
    StageRun run = StageRun.enter(stage, program, network);
    progress.say(run.summary());
    return run;
  }

  private Outcome trainEpoch(StageRun stage, MetricsLog metrics) throws IOException {
    stage.resumeTraining();
    EpochBatches plan = epochBatches(stage);
    try (Loader.Batches batches =
        loader.batches(
            plan.order(), stage.config().batchSize(), epochNumber(), (int) position.batch())) {
      clock.startEpoch();
      while (batches.hasNext()) {
        step(stage, plan, batches);
        show(plan);
        if (stop.getAsBoolean() && batches.hasNext()) {
          checkpoint(metrics);
          return Outcome.INTERRUPTED;
        }
        int every = config.checkpoints().everySteps();
        if (every > 0 && position.step() % every == 0 && batches.hasNext()) {
          checkpoint(metrics);
        }
      }
    }
    return Outcome.FINISHED;
  }

  /**
   * One optimizer step: as many batches as the stage accumulates, their images weighing equally.
   */
  private void step(StageRun stage, EpochBatches plan, Loader.Batches batches) {
    double factor = factor(stage, plan);
    try (NDManager step = program.newStep()) {
      long left = plan.imagesOfStep(position.batch());
      double images = (double) left;
      Optional<Gradients> sum = Optional.empty();
      while (left > 0) {
        Batch batch = clock.waiting(batches::next);
        Gradients gradients = clock.computing(() -> gradients(step, stage, batch, images));
        requireFinite(gradients.loss(), stage);
        count(gradients, batch);
        sum = Optional.of(sum.isEmpty() ? gradients : program.add(step, sum.get(), gradients));
        left -= batch.count();
        position =
            new Position(position.stage(), position.epoch(), position.batch() + 1, position.step());
      }
      Gradients all = sum.orElseThrow();
      clock.computing(
          () -> {
            program.clip(step, all, stage.config().clip().norm(), stage.config().clip().value());
            optimizer.apply(step, all, name -> stage.rate(name, factor));
            return all;
          });
    }
    position =
        new Position(position.stage(), position.epoch(), position.batch(), position.step() + 1);
  }

  private Gradients gradients(NDManager step, StageRun stage, Batch batch, double images) {
    long seed =
        RandomStream.of(config.seed(), position.step(), position.batch(), "libtorch").nextLong();
    TrainingProgram.Targets targets =
        new TrainingProgram.Targets(
            Validation.labels(step, batch.labels()),
            Validation.labels(step, batch.otherLabels()),
            batch.weight());
    return program.gradients(
        step,
        Validation.images(step, batch, network.preprocessing()),
        targets,
        loss,
        stage.parameters(),
        seed,
        batch.count() / images);
  }

  private double factor(StageRun stage, EpochBatches plan) {
    long stepOfEpoch = position.batch() / stage.config().accumulate();
    return stage
        .config()
        .schedule()
        .factor(position.epoch(), stepOfEpoch, stage.config().epochs(), plan.steps());
  }

  private void count(Gradients gradients, Batch batch) {
    int[] classes = Validation.argmax(gradients.logits());
    int correct = 0;
    for (int i = 0; i < classes.length; i++) {
      correct += classes[i] == batch.labels()[i] ? 1 : 0;
    }
    sums = sums.plus((double) gradients.loss() * batch.count(), batch.count(), correct);
  }

  private void requireFinite(float value, StageRun stage) {
    if (!Float.isFinite(value)) {
      throw Failure.failed(
          "the loss is %s at step %d (stage %s, epoch %d); the last good checkpoint is in %s; the"
              + " likely cause is a learning rate that is too high: try a third of %s",
          value,
          position.step() + 1,
          stage.config().name(),
          epochNumber() + 1,
          directory.checkpoints(),
          stage.config().lr());
    }
  }

  private void keepBest(Scores scores) throws IOException {
    if (best.isEmpty() || best.get().isWorseThan(scores.accuracy(), scores.loss())) {
      String file = checkpoints.writeBest(position.step(), tensors());
      best =
          Optional.of(
              new Best(position.step(), epochNumber() + 1, scores.accuracy(), scores.loss(), file));
    }
  }

  private EpochMetrics epochMetrics(StageRun stage, Scores scores) {
    boolean isBest = best.isPresent() && best.get().step() == position.step();
    EpochBatches plan = epochBatches(stage);
    double factor =
        stage
            .config()
            .schedule()
            .factor(position.epoch(), plan.steps() - 1, stage.config().epochs(), plan.steps());
    EpochMetrics line =
        new EpochMetrics(
            stage.config().name(),
            epochNumber() + 1,
            position.step(),
            stage.highestRate(factor),
            sums.loss() / sums.images(),
            (double) sums.correct() / sums.images(),
            scores.loss(),
            scores.accuracy(),
            isBest);
    progress.epoch(line, epochs(), clock.imagesPerSecond(sums.images()));
    return line;
  }

  private void finishEpoch(StageRun stage, MetricsLog metrics) throws IOException {
    boolean last = position.epoch() + 1 == stage.config().epochs();
    boolean patient =
        patience() == 0 || epochNumber() + 1 - best.orElseThrow().epoch() < patience();
    finished = !patient || (last && position.stage() + 1 == config.stages().size());
    position =
        last
            ? new Position(position.stage() + 1, 0, 0, position.step())
            : new Position(position.stage(), position.epoch() + 1, 0, position.step());
    sums = Sums.ZERO;
    checkpoint(metrics);
    if (!patient) {
      progress.say("no better validation for %d epochs: the run ends".formatted(patience()));
    }
  }

  private void checkpoint(MetricsLog metrics) throws IOException {
    TrainingState state =
        new TrainingState(identity, position, sums, best, metrics.bytes(), finished);
    checkpoints.write(new Checkpoints.Saved(state, tensors(), optimizer.save()));
  }

  /** {@code model.pt}: the network alone, with its card; the same weights as safetensors. */
  private void deliver() throws IOException {
    Best chosen = best.orElseThrow();
    boolean last = config.checkpoints().deliver() == RunConfig.Deliver.LAST;
    Map<String, Tensor> weights = last ? tensors() : checkpoints.readBest(chosen.file());
    TrainingProgram.store(network.archive(), weights);
    String card = CardJson.write(Cards.of(config, data, network, identity, chosen));
    Map<String, byte[]> extra = new LinkedHashMap<>(network.archive().extra());
    extra.put("card.json", card.getBytes(UTF_8));
    Map<String, Tensor> named = StateDict.of(network.archive()).tensors();
    Safetensors.write(
        new NamedTensors(
            "safetensors", named, WithoutForeignHead.metadata(data.train().labels()), List.of()),
        directory.weights());
    ArchiveWriter.write(network.archive().withExtra(extra), directory.model());
    progress.say(
        "%s: validation accuracy %.4f after step %d"
            .formatted(directory.model(), chosen.accuracy(), chosen.step()));
  }

  private Map<String, Tensor> tensors() {
    Map<String, Tensor> copies = new LinkedHashMap<>();
    for (ProgramTensor tensor : program.tensors()) {
      copies.put(tensor.name(), tensor.copy());
    }
    return copies;
  }

  private void show(EpochBatches plan) {
    progress.batch(
        "epoch %d/%d".formatted(epochNumber() + 1, epochs()),
        position.batch(),
        plan.batches(),
        sums.loss() / sums.images(),
        clock.imagesPerSecond(sums.images()));
  }

  /** Counted over the whole run, from 0: what random decisions depend on. */
  private int epochNumber() {
    int before = 0;
    for (int s = 0; s < position.stage(); s++) {
      before += config.stages().get(s).epochs();
    }
    return before + position.epoch();
  }

  private int patience() {
    return config.checkpoints().patience();
  }

  private int epochs() {
    return config.stages().stream().mapToInt(StageConfig::epochs).sum();
  }

  /** Refuses patterns that match nothing and unknown augmentations, before anything is written. */
  private static void requirePlan(RunConfig config, Network network) {
    List<String> names =
        StateDict.of(network.archive()).entries().stream()
            .filter(entry -> entry.kind() == StateDict.Kind.PARAMETER)
            .map(StateDict.Entry::name)
            .toList();
    NamePatterns patterns = new NamePatterns(names, network.headPath());
    for (StageConfig stage : config.stages()) {
      patterns.trained(stage);
      stage.groups().forEach(group -> patterns.match(group.match()));
      Augmentation.parse(stage.augment(), network.preprocessing(), config.seed());
    }
  }

  private static RunConfig resolve(RunConfig asked) {
    String device = asked.device().equals("auto") ? "cpu" : asked.device();
    return asked.resolved(Runtime.getRuntime().availableProcessors(), device);
  }

  private EpochBatches epochBatches(StageRun stage) {
    return EpochBatches.of(
        data.train(), config.data().sampling(), config.seed(), epochNumber(), stage.config());
  }

  private static TrainingData openData(RunConfig config, Progress progress) {
    TrainingData data =
        TrainingData.open(
            new TrainingData.Source(
                Path.of(config.data().train()),
                config.data().val().map(Path::of),
                config.data().format(),
                config.data().valSplit(),
                config.seed(),
                config.data().onBadImage(),
                ImageLimits.DEFAULT,
                config.threads()));
    progress.say(
        "data: %d classes, %d training and %d validation images"
            .formatted(
                data.train().labels().size(), data.train().size(), data.validation().size()));
    data.skipped().forEach(bad -> progress.say("left out: " + bad));
    if (!data.duplicates().isEmpty()) {
      progress.say(
          "warning: %d images are in training and validation, such as %s"
              .formatted(data.duplicates().size(), data.duplicates().get(0)));
    }
    return data;
  }

  private static Identity identity(RunConfig config, TrainingData data, Network network) {
    String initial = Fingerprint.of(StateDict.of(network.archive()).tensors());
    String json = RunYaml.writeJson(config.withoutPaths());
    String runId = Fingerprint.of(json + "\n" + data.manifestSha256() + "\n" + initial);
    return new Identity(
        runId,
        json,
        data.manifestSha256(),
        initial,
        Libtorch.version(),
        Fingerprint.capability(),
        config.threads());
  }

  @Override
  public void close() {
    loader.close();
    validation.close();
    optimizer.close();
    program.close();
  }
}
