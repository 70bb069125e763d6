package dev.lapidary.trainer.cli;

import dev.lapidary.core.failure.Failure;
import dev.lapidary.core.file.TextFile;
import dev.lapidary.core.image.OnBadImage;
import dev.lapidary.trainer.data.DataFormat;
import dev.lapidary.trainer.data.EpochOrder;
import dev.lapidary.trainer.plan.Defaults;
import dev.lapidary.trainer.plan.PrecisionChoice;
import dev.lapidary.trainer.plan.RunConfig;
import dev.lapidary.trainer.plan.RunYaml;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;

/**
 * The options that make a plan: short forms of what {@code run.yaml} holds. {@code --config} gives
 * all of it, {@code --set} changes any key after that.
 */
final class PlanOptions {
  @Option(names = "--config", description = "A run.yaml; other options but --set then add nothing.")
  private @Nullable Path config;

  @Option(
      names = "--set",
      paramLabel = "KEY=VALUE",
      description = "Changes any key of run.yaml, such as stages.1.batch-size=4. Repeatable.")
  private List<String> sets = new ArrayList<>();

  @Option(
      names = "--data",
      description =
          "A folder with one sub-folder a class, or with parts such as train and val of that kind; a"
              + " CSV or JSONL list; or IDX files.")
  private @Nullable String data;

  @Option(names = "--format", defaultValue = "auto", description = "${COMPLETION-CANDIDATES}")
  private DataFormat format = DataFormat.AUTO;

  @Option(names = "--val", description = "Images to validate on, of the same classes.")
  private @Nullable String val;

  @Option(
      names = "--test",
      description = "Images to test the finished model on, once; nothing is chosen by them.")
  private @Nullable String test;

  @Option(
      names = "--val-split",
      defaultValue = "0.2",
      description = "Without --val: the part of each class that is held out.")
  private double valSplit;

  @Option(
      names = "--group-by",
      paramLabel = "REGEX",
      description = {
        "Images in whose paths it finds the same (its first bracket) are not split between",
        "training and validation, such as '(patient\\d+)_'."
      })
  private @Nullable String groupBy;

  @Option(
      names = "--on-bad-image",
      defaultValue = "fail",
      description = "What a run does about unreadable images: ${COMPLETION-CANDIDATES}.")
  private OnBadImage onBadImage = OnBadImage.FAIL;

  @Option(
      names = "--sampling",
      defaultValue = "shuffled",
      description = "An epoch's images: shuffled, balanced (classes equally often), as_listed.")
  private EpochOrder sampling = EpochOrder.SHUFFLED;

  @Mixin private NetworkOptions network = new NetworkOptions();

  @Option(names = "--model", description = "A TorchScript archive to go on from.")
  private @Nullable String model;

  @Option(
      names = "--force",
      description =
          "Freezes parameters too that no file gave, which stay random; find-lr replaces its plot.")
  private boolean force;

  @Option(
      names = "--head",
      paramLabel = "NAME",
      description = "The last layer of a --model, where it is not found by itself, such as fc.")
  private @Nullable String head;

  @Option(names = "--name", description = "Of the model in its card; the architecture's if absent.")
  private String name = "";

  @Mixin private StageOptions stageOptions = new StageOptions();

  @Mixin private LossFlags lossFlags = new LossFlags();

  @Option(
      names = "--ema",
      defaultValue = "0",
      paramLabel = "DECAY",
      description =
          "Validates and delivers a moving average of the weights, such as 0.999; 0: the weights.")
  private double ema;

  @Option(names = "--ema-warmup", description = "The average's decay grows over the first steps.")
  private boolean emaWarmup;

  @Option(
      names = "--precision",
      defaultValue = "fp32",
      description =
          "Of convolutions, linear layers, matrix products and attention in training:"
              + " ${COMPLETION-CANDIDATES}; auto measures a few steps of each.")
  private PrecisionChoice precision = PrecisionChoice.FP32;

  @Option(names = "--channels-last", description = "The memory format of the images in training.")
  private boolean channelsLast;

  @Option(
      names = {"--gradient-checkpointing", "--grad-checkpointing"},
      description =
          "Keeps what goes from block to block and computes the rest again for the backward pass:"
              + " less memory, more time, the same result.")
  private boolean gradientCheckpointing;

  @Option(
      names = "--patience",
      defaultValue = "0",
      description = "Ends a stage after so many epochs without a better validation; 0: never.")
  private int patience;

  @Option(
      names = "--keep-top",
      defaultValue = "1",
      description = "Of how many of the best epochs the weights stay in checkpoints/.")
  private int keepTop;

  @Option(
      names = "--checkpoint-every",
      paramLabel = "STEPS",
      defaultValue = "0",
      description = "A checkpoint after so many steps, beside each epoch's; 0: none.")
  private int checkpointEvery;

  @Option(
      names = "--checkpoint-minutes",
      paramLabel = "MINUTES",
      defaultValue = "" + Defaults.CHECKPOINT_MINUTES,
      description = "A checkpoint after so many minutes without one; 0: none.")
  private double checkpointMinutes;

  @Option(names = "--threads", defaultValue = "0", description = "0: as many as processors.")
  private int threads;

  @Option(
      names = "--memory",
      paramLabel = "SIZE",
      converter = Megabytes.Reader.class,
      description = "For --batch-size auto, such as 4g; what the container grants, less a fifth.")
  private Megabytes memory = Megabytes.UNKNOWN;

  @Option(names = "--device", defaultValue = "auto", description = "auto, cpu or cuda:N.")
  private String device = "auto";

  boolean force() {
    return force;
  }

  /** The plan that the options say, checked. */
  RunConfig config() {
    try {
      RunConfig asked = config == null ? fromOptions() : fromFile(config);
      for (String set : sets) {
        asked = RunYaml.with(asked, set);
      }
      return asked;
    } catch (IllegalArgumentException e) {
      throw Failure.badInput("%s", e.getMessage() + "");
    }
  }

  private RunConfig fromFile(Path file) {
    RunConfig read = RunYaml.read(TextFile.read(file), file.toString());
    return data == null ? read : RunYaml.with(read, "data.train=" + data);
  }

  private RunConfig fromOptions() {
    if (data == null) {
      throw Failure.badInput("--data is missing: a folder with one sub-folder a class");
    }
    return new RunConfig(
        network.seed(),
        threads,
        memory.count(),
        device,
        precision,
        channelsLast,
        gradientCheckpointing,
        new RunConfig.Data(
            data,
            Optional.ofNullable(val),
            Optional.ofNullable(test),
            valSplit,
            Optional.ofNullable(groupBy),
            format,
            onBadImage,
            sampling,
            Defaults.CACHE_MEGABYTES,
            true),
        new RunConfig.Model(
            name,
            network.arch(),
            Optional.ofNullable(model),
            network.weights(),
            network.weightsSha256(),
            network.minMatch(),
            force,
            new RunConfig.Head(
                Optional.ofNullable(head),
                network.headInit(),
                network.headDropout(),
                network.headMlp()),
            network.dropout(),
            network.stochasticDepth(),
            network.inputSize(),
            network.resize(),
            network.interpolation(),
            network.mean(),
            network.std()),
        lossFlags.loss(),
        stageOptions.stages(),
        new RunConfig.Ema(ema, emaWarmup),
        new RunConfig.Checkpoints(
            checkpointEvery, checkpointMinutes, RunConfig.Deliver.BEST, patience, keepTop));
  }
}
