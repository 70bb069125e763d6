package dev.lapidary.trainer.report;

import dev.lapidary.core.cli.TextTable;
import dev.lapidary.core.failure.Phrase;
import java.util.ArrayList;
import java.util.List;

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
    TextTable table =
        new TextTable()
            .texts("  part")
            .numbers("%d", "tensors")
            .numbers("%,d", "parameters")
            .texts("rate: first, highest, last")
            .numbers("%.1e", "decay")
            .texts("BatchNorm", "weights");
    for (StagePlan.Group group : stage.groups()) {
      table.row(
          "  " + group.name(),
          group.tensors(),
          group.parameters(),
          rates(stage, group),
          group.trained() ? group.weightDecay() : "",
          group.batchNorm(),
          group.origin());
    }
    List<String> rows = table.lines();
    lines.add(rows.get(0));
    for (int i = 0; i < stage.groups().size(); i++) {
      lines.add(rows.get(i + 1));
      if (withTensors) {
        stage.groups().get(i).members().forEach(member -> lines.add(tensor(member)));
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
    List<Double> factors = stage.factors();
    return Phrase.of(
        "%.2e, %.2e, %.2e",
        group.rate() * factors.get(0),
        group.rate() * stage.topFactor(),
        group.rate() * factors.get(factors.size() - 1));
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
