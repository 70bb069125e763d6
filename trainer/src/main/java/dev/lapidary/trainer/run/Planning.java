package dev.lapidary.trainer.run;

import com.sun.management.OperatingSystemMXBean;
import dev.lapidary.models.zoo.Architecture;
import dev.lapidary.models.zoo.Zoo;
import dev.lapidary.models.zoo.ZooOptions;
import dev.lapidary.trainer.plan.RunConfig;
import dev.lapidary.trainer.program.Libtorch;
import dev.lapidary.trainer.program.TrainingProgram;
import dev.lapidary.trainer.program.UpdateRule;
import dev.lapidary.trainer.report.Advice;
import dev.lapidary.trainer.report.DataAudit;
import dev.lapidary.trainer.report.StagePlan;
import java.lang.management.ManagementFactory;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Locale;
import java.util.function.BooleanSupplier;

/** Says what a run would do: reads and checks everything that it would, and trains nothing. */
public final class Planning {
  private static final double LONG_HOURS = 1;
  private static final int ALTERNATIVES = 3;

  private Planning() {}

  /**
   * @param weights a file's name or {@code random}
   * @param notes where the weights come from, and what of the network cannot be trained as it was
   * @param measured by stage; empty unless asked for
   */
  public record Plan(
      String architecture,
      String weights,
      DataAudit data,
      List<String> notes,
      List<StagePlan> stages,
      List<Time> measured,
      List<String> advice) {
    public Plan {
      notes = List.copyOf(notes);
      stages = List.copyOf(stages);
      measured = List.copyOf(measured);
      advice = List.copyOf(advice);
    }
  }

  /**
   * @param secondsPerStep median of a few steps
   * @param hours of the whole stage, without validation
   */
  public record Time(String stage, double secondsPerStep, double hours) {}

  /**
   * @param measure whether to take a few steps of each stage, in memory only
   * @param stop asked while steps are taken
   */
  public static Plan of(RunConfig asked, boolean measure, Progress progress, BooleanSupplier stop) {
    RunConfig config = RunInputs.resolve(asked);
    return Libtorch.call(
        config.threads(),
        () -> {
          RunInputs inputs = RunInputs.open(config, progress, stop);
          Network network = inputs.network();
          try (TrainingProgram program = inputs.openProgram()) {
            List<StagePlan> stages = StagePlans.of(inputs, program);
            List<Time> times = measure ? times(inputs, program, stages, stop) : List.of();
            List<String> notes = new ArrayList<>(network.notes());
            notes.addAll(program.notes());
            notes.addAll(inputs.prefixes().notes());
            DataAudit data = Reports.audit(inputs.data());
            List<String> advice =
                new ArrayList<>(Advice.of(stages, data, usualRate(inputs), memoryBytes()));
            advice.addAll(smaller(inputs, times));
            return new Plan(
                network.architecture(),
                network.weightsSource(),
                data,
                notes,
                stages,
                times,
                advice);
          }
        });
  }

  private static List<Time> times(
      RunInputs inputs, TrainingProgram program, List<StagePlan> stages, BooleanSupplier stop) {
    List<Time> times = new ArrayList<>();
    for (int i = 0; i < stages.size(); i++) {
      double seconds = Trial.secondsPerStep(inputs, program, i, stop);
      long steps = stages.get(i).epochs() * stages.get(i).stepsPerEpoch();
      times.add(new Time(stages.get(i).name(), seconds, seconds * (double) steps / 3600));
    }
    return times;
  }

  private static double usualRate(RunInputs inputs) {
    int last = inputs.config().stages().size() - 1;
    UpdateRule rule = inputs.config().stages().get(last).optimizer();
    return rule instanceof UpdateRule.Sgd ? 0.1 : 1e-3;
  }

  /** What the system or the container has. */
  static long memoryBytes() {
    return ManagementFactory.getOperatingSystemMXBean() instanceof OperatingSystemMXBean system
        ? system.getTotalMemorySize()
        : 0;
  }

  /** Networks of the zoo that would be done sooner, by their work an image. */
  private static List<String> smaller(RunInputs inputs, List<Time> times) {
    double hours = times.stream().mapToDouble(Time::hours).sum();
    if (hours < LONG_HOURS || Zoo.lookup(inputs.network().architecture()).isEmpty()) {
      return List.of();
    }
    ZooOptions options = ZooOptions.of(inputs.data().train().labels().size(), 0);
    Architecture own = Zoo.find(inputs.network().architecture());
    double work = (double) own.multiplyAdds(options);
    List<String> names =
        Zoo.all().stream()
            .filter(other -> other.inputSize() == own.inputSize())
            .filter(other -> (double) other.multiplyAdds(options) < work / 2)
            .sorted(Comparator.comparingLong((Architecture a) -> -a.multiplyAdds(options)))
            .limit(ALTERNATIVES)
            .map(
                other ->
                    String.format(
                        Locale.ROOT,
                        "%s (about %.1f h)",
                        other.name(),
                        hours * (double) other.multiplyAdds(options) / work))
            .toList();
    return names.isEmpty()
        ? List.of()
        : List.of(
            String.format(
                Locale.ROOT,
                "%.1f hours of training; networks with less work an image: %s",
                hours,
                String.join(", ", names)));
  }
}
