package dev.lapidary.trainer.run.inputs;

import dev.lapidary.core.failure.Failure;
import dev.lapidary.core.file.Sha256;
import dev.lapidary.core.image.ImageLimits;
import dev.lapidary.core.image.Preprocessor;
import dev.lapidary.models.zoo.Zoo;
import dev.lapidary.torchscript.pt2.NetworkFile;
import dev.lapidary.torchscript.script.StateDict;
import dev.lapidary.trainer.augment.Augmentation;
import dev.lapidary.trainer.checkpoint.TrainingState.Adapted;
import dev.lapidary.trainer.checkpoint.TrainingState.Identity;
import dev.lapidary.trainer.data.EpochImages;
import dev.lapidary.trainer.data.ListedData;
import dev.lapidary.trainer.data.Loader;
import dev.lapidary.trainer.data.Shard;
import dev.lapidary.trainer.data.ShardCheck;
import dev.lapidary.trainer.data.Task;
import dev.lapidary.trainer.data.TrainingData;
import dev.lapidary.trainer.data.View;
import dev.lapidary.trainer.plan.BestBy;
import dev.lapidary.trainer.plan.GradualUnfreeze;
import dev.lapidary.trainer.plan.PrecisionChoice;
import dev.lapidary.trainer.plan.RunConfig;
import dev.lapidary.trainer.plan.RunIdentity;
import dev.lapidary.trainer.plan.RunYaml;
import dev.lapidary.trainer.plan.StageConfig;
import dev.lapidary.trainer.program.Libtorch;
import dev.lapidary.trainer.program.LossOptions;
import dev.lapidary.trainer.program.LossScale;
import dev.lapidary.trainer.program.TorchDevices;
import dev.lapidary.trainer.program.TrainingProgram;
import dev.lapidary.trainer.report.Progress;
import dev.lapidary.trainer.run.network.ChosenDevice;
import dev.lapidary.trainer.run.network.Fingerprint;
import dev.lapidary.trainer.run.network.Network;
import dev.lapidary.trainer.run.network.NotFinite;
import dev.lapidary.trainer.run.network.Teacher;
import dev.lapidary.trainer.run.probe.BatchSizeProbe;
import dev.lapidary.trainer.run.probe.MemoryFormatProbe;
import dev.lapidary.trainer.run.probe.PrecisionProbe;
import dev.lapidary.trainer.run.stage.EpochBatches;
import dev.lapidary.trainer.run.stage.SingleValueNorms;
import dev.lapidary.trainer.run.stage.StagePrefixes;
import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Optional;
import java.util.function.BooleanSupplier;
import java.util.stream.Collectors;

/**
 * What a run is made of, read and checked before anything is written.
 *
 * @param config with what the machine decides written out
 * @param prefixes what of the network is frozen and kept
 */
public record RunInputs(
    RunConfig config,
    TrainingData data,
    Network network,
    StagePrefixes prefixes,
    Identity identity) {
  /** So many classes are named: enough to see that they are no parts of the data. */
  private static final int NAMED = 10;

  /**
   * To be called on libtorch's thread.
   *
   * @param asked resolved; gradual unfreezing is written out here, where the layers are known
   * @param stop asked while batch sizes are tried
   * @throws Failure (exit 2) for images, weights or patterns that do not fit
   */
  public static RunInputs open(RunConfig asked, Progress progress, BooleanSupplier stop)
      throws IOException {
    TorchDevices devices = TorchDevices.of(asked.device());
    RunConfig config = asked.on(devices);
    RunCheck.requireWorkOfAll(config);
    ListedData listed = listed(config, progress);
    RunCheck.requireTask(config, listed.train());
    Network network = Network.of(config, listed.learned().images().labels(), progress);
    RunConfig thawed = GradualUnfreeze.writeOut(config, network.layers(), network.parameters());
    RunCheck.requirePlan(thawed, network, listed.learned());
    TrainingData data = decode(listed, progress);
    ShardCheck.requireImages(
        data.learned().images(), config.rounds().worldSize(), config.data().train());
    RunConfig chosen = withBestBy(thawed, data);
    notes(chosen, data).forEach(progress::say);
    progress.say("device: " + ChosenDevice.described(devices, config.threads()));
    network.segments(chosen).ifPresent(parts -> progress.say(parts.note()));
    RunConfig laidOut = MemoryFormatProbe.resolve(chosen, network, progress);
    RunConfig precise = PrecisionProbe.resolve(laidOut, network, progress);
    RunConfig whole = BatchSizeProbe.resolve(precise, network, data, progress, stop);
    SingleValueNorms.require(whole, data.learned().images(), network);
    StagePrefixes prefixes = StagePrefixes.of(whole, network);
    return new RunInputs(whole, data, network, prefixes, identity(whole, data, network));
  }

  /** The network as this run trains it. */
  public TrainingProgram openProgram() {
    EpochImages learned = data.learned();
    int own = learned.hasSecondHead() ? learned.ownLabels() : 0;
    return network.openProgram(config, prefixes.cuts(), own);
  }

  /** What a stage makes of the images that it learns from. */
  public Augmentation augmentation(StageConfig stage) {
    return Augmentation.parse(stage.augment(), network.preprocessing(), config.seed());
  }

  /** Of all images that are learned from. */
  public Loader loader(View view, long cacheBytes) {
    Preprocessor preprocessor = Preprocessor.of(network.preprocessing());
    return new Loader(data.learned().images(), preprocessor, view, config.threads(), cacheBytes);
  }

  /** Of decoded images that a loader may keep. */
  public long cacheBytes() {
    return (long) config.data().cacheMegabytes() << 20;
  }

  /**
   * Which of them an epoch's batches hold.
   *
   * @param epoch of the whole run, from 0
   */
  public EpochBatches epochBatches(int epoch, StageConfig stage, Shard shard) {
    return EpochBatches.of(
        data.learned().images(), config.data().sampling(), config.seed(), epoch, stage, shard);
  }

  /** What a batch costs. */
  public LossOptions loss() {
    return config.loss().options(data.learned());
  }

  public Optional<Teacher> openTeacher() {
    return Teacher.of(config, data.train().task(), data.train().labels(), network);
  }

  /** What a loop that begins has adapted itself to. */
  public Adapted adapted() {
    return config.precision() == PrecisionChoice.FP16
        ? Adapted.START.with(LossScale.START)
        : Adapted.START;
  }

  /** Refuses what needs no image to be seen, and fills in the number of threads. */
  public static RunConfig resolve(RunConfig asked) {
    asked.model().arch().ifPresent(Zoo::find);
    int devices = TorchDevices.count(asked.device());
    RunConfig shared =
        devices > 1 && !asked.rounds().hasWorkers() ? asked.sharedBy(devices) : asked;
    return shared.resolved(Runtime.getRuntime().availableProcessors());
  }

  /** What of the data changes how they are learned, or how that is measured. */
  public List<String> notes() {
    return notes(config, data);
  }

  private static List<String> notes(RunConfig config, TrainingData data) {
    List<String> notes = new ArrayList<>(data.learned().words());
    if (config.checkpoints().bestBy() == BestBy.BALANCED_ACCURACY) {
      List<Integer> counts = data.train().counts();
      notes.add(
          "the best epoch is chosen by balanced accuracy, the mean of the classes' recalls: classes"
              + " have %d to %d training images (--best-by accuracy counts all images alike)"
                  .formatted(Collections.min(counts), Collections.max(counts)));
    }
    return notes;
  }

  /** What {@code auto} means here is written out. */
  private static RunConfig withBestBy(RunConfig config, TrainingData data) {
    BestBy by = config.checkpoints().bestBy().of(data.train());
    return RunYaml.with(config, List.of(new RunYaml.Setting("checkpoints.best-by", by)), List.of());
  }

  private static ListedData listed(RunConfig config, Progress progress) {
    ListedData listed = ListedData.of(source(config), progress::say);
    return config.data().sourceData().isEmpty()
        ? listed
        : listed.with(
            Path.of(config.data().sourceData().get()),
            config.data().sourceWeight().orElseThrow(),
            progress::say);
  }

  /** Where the run's images lie. */
  public static TrainingData.Source source(RunConfig config) {
    return new TrainingData.Source(
        Path.of(config.data().train()),
        config.data().val().map(Path::of),
        config.data().test().map(Path::of),
        config.data().format(),
        config.data().valSplit(),
        config.data().groupBy(),
        config.seed(),
        config.data().onBadImage(),
        ImageLimits.DEFAULT,
        config.threads());
  }

  private static TrainingData decode(ListedData listed, Progress progress) {
    TrainingData data = TrainingData.open(listed, progress);
    String test = data.test().map(images -> ", %d test images".formatted(images.size())).orElse("");
    boolean several = data.train().task() == Task.MULTI_LABEL;
    progress.say(
        "data: %d %s, %d training and %d validation images%s"
            .formatted(
                data.train().labels().size(),
                several ? "labels, any number of them an image" : "classes",
                data.train().size(),
                data.validation().size(),
                test));
    List<String> labels = data.train().labels();
    progress.say(
        (several ? "labels: " : "classes: ")
            + labels.stream().limit(NAMED).collect(Collectors.joining(", "))
            + (labels.size() > NAMED ? ", ..." : ""));
    if (!data.duplicates().isEmpty()) {
      progress.say(
          "warning: %d images are trained on and measured with, such as %s"
              .formatted(data.duplicates().size(), data.duplicates().get(0)));
    }
    return data;
  }

  private static Identity identity(RunConfig config, TrainingData data, Network network)
      throws IOException {
    String initial = Fingerprint.of(StateDict.of(network.archive()).tensors());
    if (config.loss().teacher().isPresent()) {
      Path teacher = Teacher.requireFile(Path.of(config.loss().teacher().get()));
      NotFinite.requireFinite(NetworkFile.read(teacher), teacher);
      initial = Sha256.of(initial + "\n" + Sha256.of(teacher));
    }
    String json = RunIdentity.of(config);
    String runId = Sha256.of(json + "\n" + data.manifestSha256() + "\n" + initial);
    return new Identity(
        runId,
        json,
        data.manifestSha256(),
        initial,
        Libtorch.version(),
        Fingerprint.capability(),
        config.threads());
  }
}
