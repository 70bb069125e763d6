package dev.lapidary.trainer.cli;

import dev.lapidary.core.cli.HelpSection;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.stream.Collectors;
import java.util.stream.Stream;

/**
 * The headings of the help of the commands that take a plan's options ({@link PlanOptions}). A flag
 * that none of them names stands last under the one that its key belongs to.
 */
final class RunSections {
  private static final HelpSection DATA =
      HelpSection.of("Data", "--data --val --val-split --test --sampling", "");

  private static final HelpSection NETWORK =
      HelpSection.of(
          "Network",
          "--arch --weights --model --input-size",
          "--pretrained --weights-sha256 --min-match --force --head --head-init "
              + "--head-dropout --head-mlp --dropout --stochastic-depth --min-batch-norm-momentum "
              + "--resize --interpolation --alpha --mean --std");

  private static final HelpSection STAGES =
      HelpSection.of(
          "Stages",
          "--freeze-epochs --epochs --batch-size --patience --best-by",
          "--freeze-lr --freeze-batch-size --gradual-unfreeze");

  private static final HelpSection OPTIMIZER =
      HelpSection.of(
          "Optimizer",
          "--recipe --optimizer --lr --weight-decay --schedule --warmup",
          "--nesterov --restarts --schedule-by --layer-decay --no-decay-norms-biases "
              + "--clip-norm --clip-value --ema --ema-warmup");

  private static final HelpSection LOSS =
      HelpSection.of("Loss", "--loss --class-weights --label-smoothing", "");

  private static final HelpSection AUGMENTATION =
      HelpSection.of("Augmentation", "--augment", "--cache-variants");

  private static final HelpSection MEMORY =
      HelpSection.of(
          "Speed and memory",
          "--precision --device --threads --threads-wait",
          "--memory --gradient-checkpointing --memory-format --channels-last");

  private static final HelpSection CONFIGURATION =
      HelpSection.of("Configuration", "--config --set --seed", "");

  private static final HelpSection WORKERS = HelpSection.of("Workers", "--world-size", "");

  private RunSections() {}

  /**
   * @param last what the command writes
   */
  static List<HelpSection> with(HelpSection last) {
    List<HelpSection> sections =
        List.of(
            DATA,
            NETWORK,
            STAGES,
            OPTIMIZER,
            LOSS,
            AUGMENTATION,
            MEMORY,
            WORKERS,
            CONFIGURATION,
            last);
    Set<String> named =
        sections.stream()
            .flatMap(section -> Stream.of(section.usual(), section.more()))
            .flatMap(List::stream)
            .collect(Collectors.toSet());
    Map<HelpSection, List<String>> others =
        RunFlags.ALL.stream()
            .filter(flag -> !named.contains(flag.longestName()))
            .collect(
                Collectors.groupingBy(
                    flag -> section(flag.key(), last),
                    Collectors.mapping(RunFlag::longestName, Collectors.toList())));
    return sections.stream()
        .map(section -> section.with(others.getOrDefault(section, List.of())))
        .toList();
  }

  private static HelpSection section(String key, HelpSection last) {
    if (key.startsWith("stages.optimizer.") || key.startsWith("stages.schedule.")) {
      return OPTIMIZER;
    }
    return switch (key.replaceFirst("\\..*", "")) {
      case "data" -> DATA;
      case "model" -> NETWORK;
      case "stages" -> STAGES;
      case "ema" -> OPTIMIZER;
      case "loss" -> LOSS;
      case "rounds" -> WORKERS;
      case "checkpoints" -> last;
      default -> MEMORY;
    };
  }
}
