package dev.lapidary.trainer.run;

import dev.lapidary.models.failure.Failure;
import dev.lapidary.models.tensor.Tensor;
import dev.lapidary.trainer.plan.GroupRates;
import dev.lapidary.trainer.plan.GroupRates.Member;
import dev.lapidary.trainer.plan.NamePatterns;
import dev.lapidary.trainer.plan.StageConfig;
import dev.lapidary.trainer.program.Optimizer.Rate;
import dev.lapidary.trainer.program.ProgramTensor;
import dev.lapidary.trainer.program.TrainingProgram;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;

/**
 * A stage applied to a program: what is trained at which rate, and the proof that the rest stays.
 */
final class StageRun {
  private final StageConfig config;
  private final TrainingProgram program;
  private final Set<String> trained;
  private final List<ProgramTensor> parameters;
  private final Map<String, Rate> rates;
  private final List<ProgramTensor> frozen;
  private final String frozenSha256;

  private StageRun(
      StageConfig config,
      TrainingProgram program,
      Set<String> trained,
      List<ProgramTensor> parameters,
      Map<String, Rate> rates,
      List<ProgramTensor> frozen) {
    this.config = config;
    this.program = program;
    this.trained = trained;
    this.parameters = parameters;
    this.rates = rates;
    this.frozen = frozen;
    this.frozenSha256 = fingerprint(frozen);
  }

  static StageRun enter(StageConfig config, TrainingProgram program, Network network) {
    List<String> names = program.parameters().stream().map(ProgramTensor::name).toList();
    NamePatterns patterns = new NamePatterns(names, network.headPath());
    Set<String> trained = patterns.trained(config);
    List<ProgramTensor> parameters =
        program.parameters().stream().filter(p -> trained.contains(p.name())).toList();
    List<Member> members =
        parameters.stream()
            .map(p -> new Member(p.name(), p.shape().length, network.layerOf(p.name())))
            .toList();
    int layers = 1 + names.stream().mapToInt(network::layerOf).max().orElse(0);
    Map<String, Rate> rates = GroupRates.of(config, members, layers, patterns);
    program.train(trained);
    return new StageRun(config, program, trained, parameters, rates, program.frozen(trained));
  }

  StageConfig config() {
    return config;
  }

  List<ProgramTensor> parameters() {
    return parameters;
  }

  /** Chooses gradients and modes again: an evaluation has changed them. */
  void resumeTraining() {
    program.train(trained);
  }

  /** Rate and decay of a parameter under the schedule's factor. */
  Rate rate(String parameter, double factor) {
    Rate rate = rates.get(parameter);
    if (rate == null) {
      throw new IllegalArgumentException(parameter + " is not trained in this stage");
    }
    return new Rate(rate.learningRate() * factor, rate.weightDecay(), rate.momentum());
  }

  /** The highest rate of the stage under the schedule's factor. */
  double highestRate(double factor) {
    return factor * rates.values().stream().mapToDouble(Rate::learningRate).max().orElse(0);
  }

  String summary() {
    long count = numel(parameters);
    long all = numel(program.parameters());
    return "stage %s: %d epochs, batch %d, %d of %d tensors trained (%,d of %,d parameters)"
        .formatted(
            config.name(),
            config.epochs(),
            config.batchSize(),
            parameters.size(),
            program.parameters().size(),
            count,
            all);
  }

  /** Says that what was frozen is unchanged, bit for bit, or fails. */
  String proveFrozen() {
    if (!fingerprint(frozen).equals(frozenSha256)) {
      throw Failure.failed(
          "stage %s changed a frozen tensor; this is a fault of the program, please report it",
          config.name());
    }
    long buffers = frozen.stream().filter(ProgramTensor::buffer).count();
    return "stage %s: %d frozen parameters and %d frozen buffers are unchanged (sha256 %s)"
        .formatted(config.name(), frozen.size() - buffers, buffers, frozenSha256.substring(0, 12));
  }

  private static String fingerprint(List<ProgramTensor> tensors) {
    Map<String, Tensor> byName = new LinkedHashMap<>();
    tensors.forEach(t -> byName.put(t.name(), t.copy()));
    return Fingerprint.of(byName);
  }

  private static long numel(List<ProgramTensor> tensors) {
    return tensors.stream().mapToLong(t -> Tensor.numel(t.shape())).sum();
  }
}
