package dev.lapidary.trainer.cli;

import dev.lapidary.core.cli.HelpSection;
import java.util.List;
import java.util.stream.Stream;

/** The headings of the help of the commands that take a plan's options ({@link PlanOptions}). */
final class RunSections {
  private static final HelpSection DATA =
      new HelpSection(
          "Data",
          List.of("--data", "--val", "--val-split", "--test", "--sampling"),
          List.of("--source-data", "--source-weight", "--format", "--group-by", "--on-bad-image"));

  private static final HelpSection NETWORK =
      new HelpSection(
          "Network",
          List.of("--arch", "--weights", "--model", "--input-size"),
          List.of(
              "--pretrained",
              "--weights-sha256",
              "--min-match",
              "--force",
              "--head",
              "--head-init",
              "--head-dropout",
              "--head-mlp",
              "--dropout",
              "--stochastic-depth",
              "--min-batch-norm-momentum",
              "--resize",
              "--interpolation",
              "--alpha",
              "--mean",
              "--std"));

  private static final HelpSection STAGES =
      new HelpSection(
          "Stages",
          List.of("--freeze-epochs", "--epochs", "--batch-size", "--patience", "--best-by"),
          List.of(
              "--freeze-lr",
              "--freeze-batch-size",
              "--gradual-unfreeze",
              "--freeze",
              "--train-only",
              "--accumulate"));

  private static final HelpSection OPTIMIZER =
      new HelpSection(
          "Optimizer",
          List.of("--recipe", "--optimizer", "--lr", "--weight-decay", "--schedule", "--warmup"),
          List.of(
              "--nesterov",
              "--restarts",
              "--schedule-by",
              "--layer-decay",
              "--no-decay-norms-biases",
              "--clip-norm",
              "--clip-value",
              "--ema",
              "--ema-warmup"));

  private static final HelpSection LOSS =
      new HelpSection(
          "Loss",
          List.of("--loss", "--class-weights", "--label-smoothing"),
          List.of("--teacher", "--distill-alpha", "--distill-temperature", "--no-auxiliary"));

  private static final HelpSection AUGMENTATION =
      new HelpSection("Augmentation", List.of("--augment"), List.of("--cache-variants"));

  private static final HelpSection MEMORY =
      new HelpSection(
          "Speed and memory",
          List.of("--precision", "--device", "--threads", "--threads-wait"),
          List.of("--memory", "--gradient-checkpointing", "--memory-format", "--channels-last"));

  private static final HelpSection CONFIGURATION =
      new HelpSection("Configuration", List.of("--config", "--set", "--seed"), List.of());

  private static final HelpSection WORKERS =
      new HelpSection(
          "Workers",
          List.of("--world-size"),
          List.of("--local-steps", "--local-steps-after", "--outer-lr", "--outer-momentum"));

  private RunSections() {}

  /**
   * @param last what the command writes
   */
  static List<HelpSection> with(HelpSection last) {
    return Stream.of(
            DATA,
            NETWORK,
            STAGES,
            OPTIMIZER,
            LOSS,
            AUGMENTATION,
            MEMORY,
            WORKERS,
            CONFIGURATION,
            last)
        .toList();
  }
}
