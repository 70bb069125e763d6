package dev.lapidary.spark.cli;

import dev.lapidary.core.cli.TextTable;
import dev.lapidary.core.failure.Failure;
import dev.lapidary.core.failure.Phrase;
import dev.lapidary.spark.train.ClusterSpeed;
import dev.lapidary.spark.train.RoundCost;
import dev.lapidary.spark.train.RoundMemory;
import dev.lapidary.trainer.cli.PlanCommand;
import dev.lapidary.trainer.plan.RunConfig;
import dev.lapidary.trainer.report.StagePlan;
import dev.lapidary.trainer.run.planning.Planning;
import java.io.IOException;
import java.util.ArrayList;
import java.util.List;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;

/** {@code spark plan}. */
@Command(
    name = "plan",
    description = {
      "As trainer plan, and what a round costs on a cluster beyond the workers' own work; with"
          + " --measure also the fewest --local-steps with 95 %% of the ideal throughput, for"
          + " workers like this machine.",
      "",
      "Example: spark plan --data photos --arch resnet18 --world-size 100 --measure"
    })
final class SparkPlan extends PlanCommand {
  private static final List<Integer> CURVE = List.of(2, 8, 32, 100, 320, 1000);

  @Option(
      names = "--gigabits",
      paramLabel = "N",
      description = "A second, of each machine's network; 10 unless given.")
  private double gigabits = 10;

  @Option(
      names = "--job-seconds",
      paramLabel = "S",
      description = "Of a round with nothing in it, as spark measure prints it.")
  private double jobSeconds = ClusterSpeed.USUAL.jobSeconds();

  @Option(
      names = "--task-milliseconds",
      paramLabel = "MS",
      description = "Of the driver for each task, likewise.")
  private double taskMilliseconds = 1000 * ClusterSpeed.USUAL.taskSeconds();

  @Option(
      names = "--megabytes-a-second",
      paramLabel = "MB",
      description = "That a process passes on beside its network, likewise.")
  private double megabytes = ClusterSpeed.USUAL.bytesASecond() / 1e6;

  @Option(names = "--curve", description = "Also what a round of up to 1,000 workers would cost.")
  private boolean curve;

  @Override
  protected RunConfig settled(RunConfig asked) {
    requireAbove0("--gigabits", gigabits);
    requireAbove0("--megabytes-a-second", megabytes);
    requireNotNegative("--job-seconds", jobSeconds);
    requireNotNegative("--task-milliseconds", taskMilliseconds);
    return TrainingSession.settled(asked);
  }

  private static void requireAbove0(String option, double value) {
    if (!(value > 0)) {
      throw Failure.badInput("%s must be above 0 but is %s", option, value);
    }
  }

  private static void requireNotNegative(String option, double value) {
    if (!(value >= 0)) {
      throw Failure.badInput("%s must be at least 0 but is %s", option, value);
    }
  }

  @Override
  protected List<String> more(RunConfig config, Planning.Plan planned) {
    List<String> lines = new ArrayList<>(List.of("", "a round on the cluster, by the model:"));
    for (int i = 0; i < planned.stages().size(); i++) {
      StagePlan stage = planned.stages().get(i);
      RoundCost cost = cost(config.rounds().worldSize(), bytes(config, stage));
      lines.add(line(stage.name(), cost));
      lines.addAll(RoundMemoryNotes.of(cost, TrainingSession.executorMemory()));
      double step = 0;
      if (!planned.measured().isEmpty()) {
        step = planned.measured().get(i).secondsPerStep() / config.rounds().worldSize();
        lines.add(steps(config, cost, step));
      }
      if (config.rounds().localStepsAfter() > 0) {
        lines.add(before(config, stage, step));
      }
      if (curve) {
        lines.addAll(curve(cost.bytes(), step));
      }
    }
    return lines;
  }

  private RoundCost cost(int workers, double bytes) {
    ClusterSpeed speed =
        new ClusterSpeed(jobSeconds, taskMilliseconds / 1000, megabytes * 1_000_000);
    return RoundCost.of(workers, bytes, gigabits * 1e9 / 8, speed);
  }

  /**
   * @param step seconds of a worker's step; 0: not known
   */
  private List<String> curve(double bytes, double step) {
    TextTable table =
        new TextTable()
            .numbers("%d", "  workers", "slices")
            .numbers("%.2f", "seconds", "tasks", "weights", "slices' way")
            .numbers("%.0f", "MB driver", "MB slice")
            .numbers("%d", step > 0 ? "steps for 95 %" : "");
    for (int workers : CURVE) {
      RoundCost cost = cost(workers, bytes);
      table.row(
          workers,
          cost.slices(),
          cost.seconds(),
          cost.scheduling(),
          cost.distribution(),
          cost.shuffle(),
          RoundMemory.driver(bytes) / 1e6,
          RoundMemory.slice(workers, cost.slices(), bytes) / 1e6,
          step > 0 ? cost.localSteps(step) : "");
    }
    return table.lines();
  }

  /** Weights go out; what is trained comes back, with its moments where workers have some. */
  private static double bytes(RunConfig config, StagePlan stage) {
    double moments =
        config.rounds().hasLocalSteps()
            ? Math.max(stage.memory().optimizer(), stage.memory().gradients())
            : 0;
    return Float.BYTES * (double) stage.parameters() + moments;
  }

  private static String line(String stage, RoundCost cost) {
    return Phrase.of(
        "stage %s: %.2f s beyond the workers' own work = %.2f s for %d + %d tasks + %.2f s for"
            + " weights out and back (%.1f MB) + %.2f s between workers + %.2f s for a job",
        stage,
        cost.seconds(),
        cost.scheduling(),
        cost.workers(),
        cost.slices(),
        cost.distribution(),
        cost.bytes() / 1e6,
        cost.shuffle(),
        cost.speed().jobSeconds());
  }

  private static String steps(RunConfig config, RoundCost cost, double step) {
    int chosen = config.rounds().localSteps();
    return Phrase.of(
        "  a worker's step takes %.3f s here: --local-steps %d has %.0f %% of the ideal throughput,"
            + " --local-steps %d has 95 %%",
        step, chosen, 100 * cost.efficiency(chosen, step), cost.localSteps(step));
  }

  /** Of the first rounds, which have one step and bring gradients. */
  private String before(RunConfig config, StagePlan stage, double step) {
    RoundCost cost = cost(config.rounds().worldSize(), Float.BYTES * (double) stage.parameters());
    return Phrase.of(
        "  for the first %s of the steps gradients are averaged at each: %.2f s beyond the workers'"
            + " own work%s",
        config.rounds().localStepsAfter(),
        cost.seconds(),
        step > 0
            ? Phrase.of(", %.0f %% of the ideal throughput", 100 * cost.efficiency(1, step))
            : "");
  }

  @Override
  public Integer call() throws IOException {
    return TrainingSession.during(super::call);
  }
}
