package dev.lapidary.trainer.run.stage;

import dev.lapidary.trainer.plan.GroupRates;
import dev.lapidary.trainer.plan.GroupRates.Member;
import dev.lapidary.trainer.plan.NamePatterns;
import dev.lapidary.trainer.plan.StageConfig;
import dev.lapidary.trainer.program.Optimizer.Rate;
import dev.lapidary.trainer.program.ProgramTensor;
import dev.lapidary.trainer.program.TrainingProgram;
import dev.lapidary.trainer.run.network.Network;
import java.util.List;
import java.util.Map;
import java.util.Set;

/**
 * What a stage means for a network: which tensors are trained, at which rates, and which stay as
 * they are. The loop and the printed plan both read it here.
 *
 * @param trained names of parameters
 * @param parameters those, in the network's order
 * @param rates of each of them, before the schedule
 * @param frozen the other parameters, and the buffers of modules in eval mode
 */
public record StageChoice(
    StageConfig config,
    Set<String> trained,
    List<ProgramTensor> parameters,
    Map<String, Rate> rates,
    List<ProgramTensor> frozen) {

  public static StageChoice of(StageConfig config, TrainingProgram program, Network network) {
    List<String> names = program.parameters().stream().map(ProgramTensor::name).toList();
    NamePatterns patterns = new NamePatterns(names, network.heads());
    Set<String> trained = patterns.trained(config);
    List<ProgramTensor> parameters =
        program.parameters().stream().filter(p -> trained.contains(p.name())).toList();
    List<Member> members =
        parameters.stream()
            .map(p -> new Member(p.name(), p.shape().length, network.layerOf(p.name())))
            .toList();
    int layers = 1 + names.stream().mapToInt(network::layerOf).max().orElse(0);
    Map<String, Rate> rates = GroupRates.of(config, members, layers, patterns);
    return new StageChoice(config, trained, parameters, rates, program.frozen(trained));
  }

  /** Before the schedule. */
  public double highestRate() {
    return rates.values().stream().mapToDouble(Rate::learningRate).max().orElse(0);
  }
}
