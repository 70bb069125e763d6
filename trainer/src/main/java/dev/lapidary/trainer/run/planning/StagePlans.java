package dev.lapidary.trainer.run.planning;

import dev.lapidary.core.failure.Phrase;
import dev.lapidary.core.tensor.Tensor;
import dev.lapidary.trainer.checkpoint.CheckpointWriter;
import dev.lapidary.trainer.plan.Schedule;
import dev.lapidary.trainer.plan.StageConfig;
import dev.lapidary.trainer.program.Optimizer.Rate;
import dev.lapidary.trainer.program.ProgramTensor;
import dev.lapidary.trainer.program.TrainingProgram;
import dev.lapidary.trainer.report.StagePlan;
import dev.lapidary.trainer.run.inputs.RunInputs;
import dev.lapidary.trainer.run.stage.StageChoice;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.Set;

/** Says what the loop would do, with the loop's own objects, and changes nothing. */
public final class StagePlans {
  private static final String RUNNING_MEAN = "running_mean";

  /** Points of a schedule's curve. */
  private static final int POINTS = 120;

  private final RunInputs inputs;
  private final TrainingProgram program;
  private final Optional<ActivationBytes> activations;

  private StagePlans(RunInputs inputs, TrainingProgram program) {
    this.inputs = inputs;
    this.program = program;
    this.activations = ActivationBytes.of(inputs.network());
  }

  public static List<StagePlan> of(RunInputs inputs, TrainingProgram program) {
    StagePlans plans = new StagePlans(inputs, program);
    List<StagePlan> all = new ArrayList<>();
    for (int i = 0; i < inputs.config().stages().size(); i++) {
      all.add(plans.stage(i));
    }
    return all;
  }

  private StagePlan stage(int index) {
    StageConfig stage = inputs.config().stages().get(index);
    StageChoice choice = StageChoice.of(stage, program, inputs.network());
    long stepsPerEpoch =
        inputs
            .epochBatches(
                inputs.config().epochsBefore(index), stage, inputs.config().rounds().largest())
            .steps();
    List<Long> steps = steps(stage.epochs() * stepsPerEpoch);
    List<Double> factors = steps.stream().map(step -> factor(stage, step, stepsPerEpoch)).toList();
    return new StagePlan(
        stage.name(),
        stage.epochs(),
        stage.batchSize(),
        stage.accumulate(),
        stepsPerEpoch,
        words(stage.optimizer().toString()),
        schedule(stage.schedule()),
        stage.augment(),
        factors,
        steps,
        groups(choice),
        memory(choice));
  }

  private static double factor(StageConfig stage, long step, long stepsPerEpoch) {
    int epoch = (int) (step / stepsPerEpoch);
    return stage.schedule().factor(epoch, step % stepsPerEpoch, stage.epochs(), stepsPerEpoch);
  }

  private static List<Long> steps(long count) {
    List<Long> steps = new ArrayList<>();
    long points = Math.min(POINTS, count);
    for (long i = 0; i < points; i++) {
      steps.add(points == 1 ? 0 : i * (count - 1) / (points - 1));
    }
    return steps;
  }

  /** What parameters share when they are one line of the plan. */
  private record Key(int layer, boolean trained, double rate, double decay) {}

  private List<StagePlan.Group> groups(StageChoice choice) {
    Map<Key, List<ProgramTensor>> members = new LinkedHashMap<>();
    for (ProgramTensor parameter : program.parameters()) {
      Optional<Rate> rate = Optional.ofNullable(choice.rates().get(parameter.name()));
      Key key =
          new Key(
              inputs.network().layerOf(parameter.name()),
              choice.trained().contains(parameter.name()),
              rate.map(Rate::learningRate).orElse(0.0),
              rate.map(Rate::weightDecay).orElse(0.0));
      members.computeIfAbsent(key, k -> new ArrayList<>()).add(parameter);
    }
    Set<Integer> withNorms = new HashSet<>();
    List<StagePlan.Group> groups = new ArrayList<>();
    members.entrySet().stream()
        .sorted((a, b) -> Integer.compare(a.getKey().layer(), b.getKey().layer()))
        .forEach(
            entry -> {
              boolean first = withNorms.add(entry.getKey().layer());
              groups.add(group(choice, entry.getKey(), entry.getValue(), first));
            });
    return groups;
  }

  /**
   * @param countsNorms whether this line of its layer tells of the layer's BatchNorms
   */
  private StagePlan.Group group(
      StageChoice choice, Key key, List<ProgramTensor> tensors, boolean countsNorms) {
    Set<String> frozen = new HashSet<>();
    choice.frozen().forEach(tensor -> frozen.add(tensor.name()));
    List<String> norms =
        program.tensors().stream()
            .filter(ProgramTensor::buffer)
            .map(ProgramTensor::name)
            .filter(name -> name.endsWith(RUNNING_MEAN))
            .filter(name -> countsNorms && inputs.network().layerOf(name) == key.layer())
            .toList();
    Set<String> pretrained = inputs.network().pretrained();
    return new StagePlan.Group(
        inputs.network().layerName(key.layer()),
        key.trained(),
        key.rate(),
        key.decay(),
        norms.size(),
        (int) norms.stream().filter(name -> !frozen.contains(name)).count(),
        tensors.stream()
            .map(
                t ->
                    new StagePlan.Member(
                        t.name(),
                        Arrays.stream(t.shape()).boxed().toList(),
                        pretrained.contains(t.name())))
            .toList());
  }

  private StagePlan.Memory memory(StageChoice choice) {
    boolean averaged = inputs.config().ema().decay() > 0;
    long weights = bytes(program.tensors()) * (averaged ? 2 : 1);
    long trained = bytes(choice.parameters());
    long moments = trained * choice.config().optimizer().slots().size();
    return new StagePlan.Memory(
        weights,
        trained,
        moments,
        inputs.config().gradientCheckpointing()
            ? 0
            : activations.map(a -> a.at(choice.config().batchSize(), choice.trained())).orElse(0L),
        CheckpointWriter.MAX_COPIES * (weights + moments),
        StagePlan.Memory.PROCESS);
  }

  private static long bytes(List<ProgramTensor> tensors) {
    return tensors.stream().mapToLong(t -> Tensor.numel(t.shape()) * t.dtype().bytes()).sum();
  }

  private static String schedule(Schedule schedule) {
    String warmup =
        schedule.warmup() > 0 ? Phrase.of(", warm-up of %.3g epochs", schedule.warmup()) : "";
    return words(schedule.shape().toString()) + warmup;
  }

  /**
   * {@code Sgd[momentum=0.9, nesterov=false]} becomes {@code sgd (momentum 0.9, nesterov false)}.
   */
  private static String words(String record) {
    int bracket = record.indexOf('[');
    String name = record.substring(0, bracket).toLowerCase(Locale.ROOT);
    String fields = record.substring(bracket + 1, record.length() - 1).replace('=', ' ');
    return fields.isEmpty() ? name : name + " (" + fields + ")";
  }
}
