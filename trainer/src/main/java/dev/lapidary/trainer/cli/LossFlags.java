package dev.lapidary.trainer.cli;

import dev.lapidary.trainer.plan.Defaults;
import dev.lapidary.trainer.plan.RunConfig;
import dev.lapidary.trainer.program.LossOptions;
import java.util.Optional;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Option;

/** The options that say what a batch costs. */
final class LossFlags {
  @Option(
      names = "--loss",
      defaultValue = "cross_entropy",
      description = "${COMPLETION-CANDIDATES}; bce: a sigmoid a class, as several labels need.")
  private LossOptions.Kind function = LossOptions.Kind.CROSS_ENTROPY;

  @Option(names = "--label-smoothing", defaultValue = "0", description = "In [0, 1).")
  private double labelSmoothing;

  @Option(
      names = "--class-weights",
      defaultValue = "none",
      description = "How rare classes and labels weigh: ${COMPLETION-CANDIDATES}.")
  private RunConfig.ClassWeights classWeights = RunConfig.ClassWeights.NONE;

  @Option(
      names = "--no-auxiliary",
      description = "Leaves out the losses of heads that only training uses.")
  private boolean noAuxiliary;

  @Option(names = "--teacher", description = "A TorchScript archive whose logits are distilled.")
  private @Nullable String teacher;

  @Option(
      names = "--distill-alpha",
      defaultValue = "" + Defaults.DISTILL_ALPHA,
      description = "The distillation's part of the loss, 0 to 1.")
  private double distillAlpha;

  @Option(
      names = "--distill-temperature",
      defaultValue = "" + Defaults.DISTILL_TEMPERATURE,
      description = "Divides both networks' logits.")
  private double distillTemperature;

  RunConfig.Loss loss() {
    return new RunConfig.Loss(
        function,
        labelSmoothing,
        classWeights,
        !noAuxiliary,
        Optional.ofNullable(teacher),
        distillAlpha,
        distillTemperature);
  }
}
