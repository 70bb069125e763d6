package dev.lapidary.trainer.run.planning;

import dev.lapidary.trainer.plan.Recipe;
import dev.lapidary.trainer.plan.RunConfig;
import dev.lapidary.trainer.plan.RunDefaults;
import dev.lapidary.trainer.program.Libtorch;
import dev.lapidary.trainer.program.TorchDevices;
import dev.lapidary.trainer.program.TrainingProgram;
import dev.lapidary.trainer.program.UpdateRule;
import dev.lapidary.trainer.report.Advice;
import dev.lapidary.trainer.report.DataAudit;
import dev.lapidary.trainer.report.Progress;
import dev.lapidary.trainer.report.StagePlan;
import dev.lapidary.trainer.run.inputs.RunInputs;
import dev.lapidary.trainer.run.network.Network;
import dev.lapidary.trainer.run.probe.SystemMemory;
import dev.lapidary.trainer.run.round.RoundNotes;
import dev.lapidary.trainer.run.step.Trial;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.function.BooleanSupplier;

/** Says what a run would do: reads and checks everything that it would, and trains nothing. */
public final class Planning {
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
      List<String> advice) {}

  /**
   * @param secondsPerStep median of a few steps; of all workers, one after the other on each device
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
            notes.addAll(RoundNotes.of(inputs.config(), inputs.data().learned().images()));
            DataAudit data = DataAudit.of(inputs.data(), inputs.notes());
            List<String> advice =
                new ArrayList<>(Advice.of(stages, data, usualRate(inputs), SystemMemory.bytes()));
            advice.addAll(RoundNotes.advice(inputs.config()));
            if (measure) {
              otherNetwork(inputs, times).ifPresent(advice::add);
            }
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
      double seconds = Trial.secondsPerStep(inputs, program, i, stop) * turns(inputs.config());
      long steps = stages.get(i).epochs() * stages.get(i).stepsPerEpoch();
      times.add(new Time(stages.get(i).name(), seconds, seconds * (double) steps / 3600));
    }
    return times;
  }

  /** How many workers the busiest device does one after the other. */
  private static int turns(RunConfig config) {
    int devices = TorchDevices.count(config.device());
    return (config.rounds().worldSize() + devices - 1) / devices;
  }

  private static Optional<String> otherNetwork(RunInputs inputs, List<Time> times) {
    Network network = inputs.network();
    return NetworkAdvice.of(
        network.architecture(),
        inputs.data().train().labels().size(),
        !network.weightsSha256().isEmpty(),
        times.stream().mapToDouble(Time::hours).sum());
  }

  private static double usualRate(RunInputs inputs) {
    int last = inputs.config().stages().size() - 1;
    UpdateRule rule = inputs.config().stages().get(last).optimizer();
    String name =
        RunDefaults.OPTIMIZERS.entrySet().stream()
            .filter(known -> known.getValue().getClass() == rule.getClass())
            .map(Map.Entry::getKey)
            .findFirst()
            .orElseThrow();
    return Recipe.TRANSFER.rate(name, Optional.of(inputs.network().architecture()));
  }
}
