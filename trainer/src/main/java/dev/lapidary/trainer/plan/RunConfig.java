package dev.lapidary.trainer.plan;

import static dev.lapidary.core.failure.Requirement.require;

import dev.lapidary.core.image.Background;
import dev.lapidary.core.image.OnBadImage;
import dev.lapidary.core.image.Preprocessing;
import dev.lapidary.trainer.data.DataFormat;
import dev.lapidary.trainer.data.EpochImages;
import dev.lapidary.trainer.data.EpochOrder;
import dev.lapidary.trainer.data.Task;
import dev.lapidary.trainer.program.LossOptions;
import dev.lapidary.trainer.program.TorchDevices;
import java.util.List;
import java.util.Objects;
import java.util.Optional;
import java.util.regex.Pattern;
import java.util.regex.PatternSyntaxException;

/**
 * A whole run, as {@code run.yaml} holds it; keys are the fields' names in kebab-case.
 *
 * @param seed every random decision is a function of it and of what it is about
 * @param threads inside a libtorch operator; 0 until resolved to the machine's number of processors
 * @param memoryMegabytes that a batch size may be found for; 0: what the container grants, less a
 *     margin
 * @param device {@code auto}, {@code cpu}, {@code cuda:N} or, where workers share the work,
 *     several: {@code cuda:0,1}
 * @param precision of training's heavy operators; weights and evaluation are float32
 * @param memoryFormat of the images of training, and of what the network makes of them
 * @param gradientCheckpointing whether the results inside of a network's segments are computed
 *     again for the backward pass instead of kept
 * @param stages one after the other
 * @param ema a moving average of the weights
 * @param rounds how workers share the work
 */
public record RunConfig(
    long seed,
    int threads,
    int memoryMegabytes,
    String device,
    PrecisionChoice precision,
    MemoryFormat memoryFormat,
    boolean gradientCheckpointing,
    Data data,
    Model model,
    Loss loss,
    List<StageConfig> stages,
    Ema ema,
    Rounds rounds,
    Checkpoints checkpoints) {

  /**
   * @param train the images
   * @param val images to validate on; if absent, a part of {@code train} by {@code valSplit}
   * @param test images to test the delivered model on, once
   * @param valSplit the fraction of each class that is held out, in (0, 1)
   * @param groupBy a regular expression; images in whose names it finds the same stay together
   * @param sampling in which order, and how often, an epoch visits the training images
   * @param sourceData images of a source task that are learned beside {@code train}; their classes
   *     may be others
   * @param sourceWeight of each of them in the loss, where one of {@code train} has 1; 0.3 if
   *     absent, and absent without them
   * @param cacheMegabytes of decoded images to keep in memory
   * @param cacheFeatures whether stages with {@code cacheVariants} keep features in files, or
   *     compute the same ones each time, to compare
   */
  public record Data(
      String train,
      Optional<String> val,
      Optional<String> test,
      double valSplit,
      Optional<String> groupBy,
      DataFormat format,
      OnBadImage onBadImage,
      EpochOrder sampling,
      Optional<String> sourceData,
      Optional<Double> sourceWeight,
      int cacheMegabytes,
      boolean cacheFeatures) {
    private static final double SOURCE_WEIGHT = 0.3;

    public Data {
      require(!train.isBlank(), "data.train names no folder");
      require(valSplit > 0 && valSplit < 1, "data.val-split must lie in (0, 1) but is " + valSplit);
      groupBy.ifPresent(Data::requireExpression);
      require(
          sourceData.isPresent() || sourceWeight.isEmpty(),
          "data.source-weight weighs the images of data.source-data, and there are none; add"
              + " --source-data DIR");
      double weight = sourceWeight.orElse(SOURCE_WEIGHT);
      require(
          weight > 0 && Double.isFinite(weight),
          "data.source-weight must be above 0 but is " + weight);
      sourceWeight = sourceData.map(images -> weight);
    }

    private static void requireExpression(String text) {
      try {
        Pattern.compile(text);
      } catch (PatternSyntaxException e) {
        require(
            false, "data.group-by is no regular expression: " + e.getDescription() + ": " + text);
      }
    }
  }

  /**
   * Exactly one of {@code arch} and {@code file}.
   *
   * @param name of the model in its card
   * @param arch an architecture of the zoo
   * @param file a TorchScript archive
   * @param weights published ones by a word ({@code imagenet}), or a file, a folder as Hugging Face
   *     has them, or an https address, for {@code arch} or {@code file}
   * @param weightsSha256 that this file must have; absent: any
   * @param minMatch the least fraction of the parameters that weights must fill
   * @param freezeUnloaded whether tensors may be frozen that no file gave and no stage trained
   * @param head what is done to the last layer
   * @param dropout probability inside of {@code arch}; absent: the paper's
   * @param stochasticDepth of the last block of {@code arch}; absent: the paper's
   * @param minBatchNormMomentum that the running statistics of BatchNorm move with in training, as
   *     PyTorch counts it, where the network's own is lower; absent: its own
   * @param inputSize pixels; absent: the architecture's own
   * @param resize of the shorter side before the crop, for a file without a model card
   * @param interpolation the filter of that, likewise
   * @param mean by channel, likewise; ImageNet's if absent
   * @param std likewise
   * @param alpha what transparent images are put on: {@code black}, {@code white}, {@code #rrggbb};
   *     black if absent, or what a file's card says
   */
  public record Model(
      String name,
      Optional<String> arch,
      Optional<String> file,
      Optional<String> weights,
      Optional<String> weightsSha256,
      double minMatch,
      boolean freezeUnloaded,
      Head head,
      Optional<Double> dropout,
      Optional<Double> stochasticDepth,
      Optional<Double> minBatchNormMomentum,
      Optional<Integer> inputSize,
      Optional<Integer> resize,
      Optional<Preprocessing.Interpolation> interpolation,
      Optional<List<Float>> mean,
      Optional<List<Float>> std,
      Optional<String> alpha) {
    public Model {
      name = Objects.requireNonNullElse(name, ""); // a file may leave it out
      require(
          arch.isPresent() != file.isPresent(),
          "a run needs exactly one of model.arch (--arch) and model.file (--model)");
      require(minMatch >= 0 && minMatch <= 1, "model.min-match must lie in [0, 1]: " + minMatch);
      requirePositive("input-size", inputSize);
      requirePositive("resize", resize);
      alpha.ifPresent(Background::of);
      requireProbability("dropout", dropout);
      requireProbability("stochastic-depth", stochasticDepth);
      double momentum = minBatchNormMomentum.orElse(1.0);
      require(
          momentum > 0 && momentum <= 1,
          "model.min-batch-norm-momentum must lie in (0, 1] but is " + momentum);
      require(
          arch.isPresent() || (dropout.isEmpty() && stochasticDepth.isEmpty()),
          "model.dropout and model.stochastic-depth are options of model.arch; a file keeps its"
              + " own");
    }

    /** What transparent images are put on, if the user says it. */
    public Optional<Background> background() {
      return alpha.map(Background::of);
    }

    private static void requirePositive(String key, Optional<Integer> pixels) {
      int given = pixels.orElse(1);
      require(given >= 1, "model." + key + " must be positive but is " + given);
    }

    private static void requireProbability(String key, Optional<Double> probability) {
      double given = probability.orElse(0.0);
      require(given >= 0 && given < 1, "model." + key + " must lie in [0, 1) but is " + given);
    }
  }

  /**
   * @param name the last layer's module path; absent: it is found
   * @param init how it is drawn anew; absent: only what no file gave is drawn, by the
   *     architecture's rule, in a file by PyTorch's
   * @param dropout probability of a dropout before it; absent: none
   * @param mlp outputs of a hidden layer before it; absent: none
   */
  public record Head(
      Optional<String> name,
      Optional<String> init,
      Optional<Double> dropout,
      Optional<Integer> mlp) {
    public Head {
      require(
          dropout.orElse(0.0) >= 0 && dropout.orElse(0.0) < 1,
          "model.head.dropout must lie in [0, 1) but is " + dropout.orElse(0.0));
      require(mlp.orElse(1) >= 1, "model.head.mlp must be positive but is " + mlp.orElse(0));
    }

    public static final Head FOUND =
        new Head(Optional.empty(), Optional.empty(), Optional.empty(), Optional.empty());
  }

  /**
   * @param function of logits and targets
   * @param labelSmoothing in [0, 1)
   * @param classWeights how classes of unequal size weigh in the cross-entropy; of multi-label data
   *     the labels that images have, in the binary one
   * @param auxiliary whether heads that only training uses (GoogLeNet, Inception v3) add their
   *     loss, with their papers' weights
   * @param teacher a TorchScript archive whose logits are distilled
   * @param distillAlpha the part of the distillation in the loss, in [0, 1]
   * @param distillTemperature that both networks' logits are divided by
   */
  public record Loss(
      LossOptions.Kind function,
      double labelSmoothing,
      ClassWeights classWeights,
      boolean auxiliary,
      Optional<String> teacher,
      double distillAlpha,
      double distillTemperature) {
    public Loss {
      require(
          distillAlpha >= 0 && distillAlpha <= 1,
          "loss.distill-alpha must lie in [0, 1] but is " + distillAlpha);
      require(
          distillTemperature > 0,
          "loss.distill-temperature must be positive but is " + distillTemperature);
      require(
          labelSmoothing >= 0 && labelSmoothing < 1,
          "loss.label-smoothing must lie in [0, 1) but is " + labelSmoothing);
    }

    public LossOptions options(EpochImages images) {
      return options(classWeights.of(images));
    }

    /**
     * @param counts training images of each class, by their weights
     * @param images all of them
     */
    public LossOptions options(Task task, List<Double> counts, double images) {
      return options(classWeights.of(task, counts, images));
    }

    private LossOptions options(List<Float> weights) {
      return new LossOptions(
          function,
          labelSmoothing,
          weights,
          teacher.map(t -> new LossOptions.Distillation(distillAlpha, distillTemperature)));
    }
  }

  /**
   * @param everySteps a checkpoint after so many steps, beside the one at each epoch's end; 0: none
   * @param everyMinutes likewise after so many minutes without one
   * @param deliver which weights become {@code model.pt}
   * @param patience epochs without a better validation than the best after which a stage ends early
   *     and the next begins; 0: none does
   * @param keepTop of how many of the best epochs the weights are kept
   * @param bestBy what says which epoch is better
   */
  public record Checkpoints(
      int everySteps,
      double everyMinutes,
      Deliver deliver,
      int patience,
      int keepTop,
      BestBy bestBy) {
    public Checkpoints {
      require(everySteps >= 0, "checkpoints.every-steps must not be negative: " + everySteps);
      require(everyMinutes >= 0, "checkpoints.every-minutes must not be negative: " + everyMinutes);
      require(patience >= 0, "checkpoints.patience must not be negative: " + patience);
      require(keepTop >= 1, "checkpoints.keep-top must be at least 1 but is " + keepTop);
    }
  }

  public enum Deliver {
    /** Of the epoch with the best validation by {@link BestBy}, the lower loss where equal. */
    BEST,
    LAST
  }

  /**
   * @param decay of the average, in [0, 1); 0: there is none, and the weights themselves are
   *     validated and delivered
   * @param warmup whether the decay grows from 0 over the first steps
   */
  public record Ema(double decay, boolean warmup) {
    public static final Ema NONE = new Ema(0, false);

    public Ema {
      require(decay >= 0 && decay < 1, "ema.decay must lie in [0, 1) but is " + decay);
    }
  }

  public RunConfig {
    stages = List.copyOf(stages);
    require(memoryMegabytes >= 0, "memory-megabytes must not be negative: " + memoryMegabytes);
    require(threads >= 0, "threads must not be negative but is " + threads);
    require(
        TorchDevices.isName(device),
        "device must be auto, cpu, cuda:N or cuda:N,M but is " + device);
    require(!stages.isEmpty(), "stages is empty: a run needs at least one");
    rounds.requireSense(stages, data.sampling(), precision, ema);
  }

  public RunConfig withStages(List<StageConfig> other) {
    return with("stages", other);
  }

  public RunConfig with(PrecisionChoice other) {
    return with("precision", other);
  }

  public RunConfig with(MemoryFormat other) {
    return with("memory-format", other);
  }

  /** Whether training gives the network its images in {@code torch.channels_last}. */
  public boolean channelsLast() {
    return memoryFormat == MemoryFormat.CHANNELS_LAST;
  }

  public RunConfig on(TorchDevices other) {
    return with("device", other.toString());
  }

  /** Where the network itself is; workers may be on others, too. */
  public String firstDevice() {
    return device.contains(",") ? device.substring(0, device.indexOf(',')) : device;
  }

  /** The same, whose workers are as many. */
  public RunConfig sharedBy(int workers) {
    return with("rounds", rounds.of(workers));
  }

  /** With the number of threads written out. */
  public RunConfig resolved(int processors) {
    return threads == 0 ? with("threads", processors) : this;
  }

  private RunConfig with(String key, Object value) {
    return RunYaml.changed(this, List.of(new RunYaml.Setting(key, value)));
  }

  /** Of the whole run. */
  public int epochs() {
    return epochsBefore(stages.size());
  }

  /** Of the stages before this one, which counts from 0. */
  public int epochsBefore(int stage) {
    return stages.subList(0, stage).stream().mapToInt(StageConfig::epochs).sum();
  }
}
