package dev.lapidary.trainer.report;

import dev.lapidary.core.failure.Phrase;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;

/** A plan for a terminal. */
public final class PlanText {
  private PlanText() {}

  /** One line, the same as in the report. */
  static String summary(StagePlan stage) {
    String accumulated = stage.accumulate() > 1 ? " x " + stage.accumulate() : "";
    return Phrase.of(
        "%d epochs of %,d steps, batch %d%s, %s, %s, augment %s; %d tensors trained, %,d of %,d"
            + " parameters",
        stage.epochs(),
        stage.stepsPerEpoch(),
        stage.batchSize(),
        accumulated,
        stage.optimizer(),
        stage.schedule(),
        stage.augment(),
        stage.trainedTensors(),
        stage.trainedParameters(),
        stage.parameters());
  }

  /**
   * @param withTensors whether to list each tensor below its part
   */
  public static List<String> lines(List<StagePlan> stages, boolean withTensors) {
    List<String> lines = new ArrayList<>();
    for (int i = 0; i < stages.size(); i++) {
      StagePlan stage = stages.get(i);
      lines.add("stage %d/%d %s".formatted(i + 1, stages.size(), stage.name()));
      lines.add("  " + summary(stage));
      groups(lines, stage, withTensors);
      memory(lines, stage.memory());
      lines.add("");
    }
    return lines;
  }

  private static void groups(List<String> lines, StagePlan stage, boolean withTensors) {
    int width = stage.groups().stream().mapToInt(g -> g.name().length()).max().orElse(4);
    String format = "  %-" + Math.max(4, width) + "s %7s %12s  %-32s %8s  %-10s %s";
    lines.add(
        String.format(
            Locale.ROOT,
            format,
            "part",
            "tensors",
            "parameters",
            "rate: first, highest, last",
            "decay",
            "BatchNorm",
            "weights"));
    for (StagePlan.Group group : stage.groups()) {
      lines.add(
          String.format(
              Locale.ROOT,
              format,
              group.name(),
              group.tensors(),
              Phrase.of("%,d", group.parameters()),
              rates(stage, group),
              group.trained() ? Phrase.of("%.1e", group.weightDecay()) : "",
              group.batchNorm(),
              group.origin()));
      if (withTensors) {
        group.members().forEach(member -> lines.add(tensor(member)));
      }
    }
  }

  private static String tensor(StagePlan.Member member) {
    String origin = member.pretrained() ? "pretrained" : "new";
    return "    %s %s %s".formatted(member.name(), member.shape(), origin);
  }

  private static String rates(StagePlan stage, StagePlan.Group group) {
    if (!group.trained()) {
      return "frozen";
    }
    return Phrase.of(
        "%.2e, %.2e, %.2e",
        group.rate() * stage.firstFactor(),
        group.rate() * stage.topFactor(),
        group.rate() * stage.lastFactor());
  }

  private static void memory(List<String> lines, StagePlan.Memory memory) {
    lines.add(
        Phrase.of(
            "  memory, estimated: %s = weights %s + gradients %s + optimizer %s + activations %s"
                + " + checkpoints %s + Java and libtorch %s",
            megabytes(memory.total()),
            megabytes(memory.weights()),
            megabytes(memory.gradients()),
            megabytes(memory.optimizer()),
            memory.activations() == 0 ? "not known" : "up to " + megabytes(memory.activations()),
            "up to " + megabytes(memory.checkpoints()),
            megabytes(memory.process())));
  }

  private static String megabytes(long bytes) {
    return Phrase.of("%,.1f MB", (double) bytes / 1e6);
  }
}
