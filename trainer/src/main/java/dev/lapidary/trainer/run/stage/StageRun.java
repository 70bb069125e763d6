package dev.lapidary.trainer.run.stage;

import dev.lapidary.core.failure.Failure;
import dev.lapidary.core.tensor.Tensor;
import dev.lapidary.trainer.plan.StageConfig;
import dev.lapidary.trainer.program.Optimizer.Rate;
import dev.lapidary.trainer.program.ProgramTensor;
import dev.lapidary.trainer.program.TrainingProgram;
import dev.lapidary.trainer.run.network.Fingerprint;
import dev.lapidary.trainer.run.network.Network;
import java.util.List;
import java.util.Optional;

/**
 * A stage applied to a program: what is trained at which rate, and the proof that the rest stays.
 *
 * @param frozenSha256 of what is frozen, as it was when the stage began
 */
public record StageRun(StageChoice choice, TrainingProgram program, String frozenSha256) {

  public static StageRun enter(StageConfig config, TrainingProgram program, Network network) {
    StageChoice choice = StageChoice.of(config, program, network);
    program.train(choice.trained());
    return new StageRun(choice, program, fingerprint(choice.frozen()));
  }

  public StageConfig config() {
    return choice.config();
  }

  public List<ProgramTensor> parameters() {
    return choice.parameters();
  }

  /** Chooses gradients and modes again: an evaluation has changed them. */
  public void resumeTraining() {
    program.train(choice.trained());
  }

  /** Rate and decay of a parameter under the schedule's factor. */
  public Rate rate(String parameter, double factor) {
    Rate rate = choice.rates().get(parameter);
    if (rate == null) {
      throw new IllegalArgumentException(parameter + " is not trained in this stage");
    }
    return new Rate(rate.learningRate() * factor, rate.weightDecay(), rate.momentum());
  }

  /** The highest rate of the stage under the schedule's factor. */
  public double highestRate(double factor) {
    return factor * choice.highestRate();
  }

  public String summary() {
    long count = numel(parameters());
    long all = numel(program.parameters());
    return "stage %s: %d epochs, batch %d, %d of %d tensors trained (%,d of %,d parameters)"
        .formatted(
            config().name(),
            config().epochs(),
            config().batchSize(),
            parameters().size(),
            program.parameters().size(),
            count,
            all);
  }

  /** Says that what was frozen is unchanged, bit for bit, or fails; empty if nothing was. */
  public Optional<String> proveFrozen() {
    if (!fingerprint(choice.frozen()).equals(frozenSha256)) {
      throw Failure.failed(
          "stage %s changed a frozen tensor; this is a fault of the program, please report it",
          config().name());
    }
    if (choice.frozen().isEmpty()) {
      return Optional.empty();
    }
    long buffers = choice.frozen().stream().filter(ProgramTensor::buffer).count();
    return Optional.of(
        "stage %s: %d frozen parameters and %d frozen buffers are unchanged (sha256 %s)"
            .formatted(
                config().name(),
                choice.frozen().size() - buffers,
                buffers,
                frozenSha256.substring(0, 12)));
  }

  private static String fingerprint(List<ProgramTensor> tensors) {
    return Fingerprint.of(ProgramTensor.copies(tensors));
  }

  private static long numel(List<ProgramTensor> tensors) {
    return tensors.stream().mapToLong(t -> Tensor.numel(t.shape())).sum();
  }
}
