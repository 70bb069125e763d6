package dev.lapidary.trainer.run.probe;

import ai.djl.engine.EngineException;
import ai.djl.ndarray.NDManager;
import ai.djl.ndarray.types.Shape;
import dev.lapidary.core.image.Preprocessing;
import dev.lapidary.trainer.plan.RunConfig;
import dev.lapidary.trainer.program.LossOptions;
import dev.lapidary.trainer.program.Precision;
import dev.lapidary.trainer.program.ProgramOptions;
import dev.lapidary.trainer.program.ProgramTensor;
import dev.lapidary.trainer.program.TrainingProgram;
import dev.lapidary.trainer.run.network.Network;
import java.util.List;
import java.util.stream.Collectors;

/** Images a second of a few training steps, of a network that is thrown away. */
final class StepSpeed {
  private static final int IMAGES = 8;
  private static final int STEPS = 3;

  private StepSpeed() {}

  /** 0 if this machine cannot compute it. */
  static double imagesPerSecond(
      RunConfig config, Network network, Precision precision, boolean channelsLast) {
    ProgramOptions options = new ProgramOptions(precision, channelsLast, List.of());
    try (TrainingProgram program =
        TrainingProgram.open(network.archive(), config.firstDevice(), options)) {
      program.train(
          program.parameters().stream().map(ProgramTensor::name).collect(Collectors.toSet()));
      step(program, network.preprocessing());
      long start = System.nanoTime();
      for (int i = 0; i < STEPS; i++) {
        step(program, network.preprocessing());
      }
      return STEPS * IMAGES * 1e9 / (double) (System.nanoTime() - start);
    } catch (EngineException e) {
      return 0;
    }
  }

  private static void step(TrainingProgram program, Preprocessing rule) {
    try (NDManager step = program.newStep()) {
      Shape shape = new Shape(IMAGES, rule.channels(), rule.cropHeight(), rule.cropWidth());
      program.gradients(
          step,
          step.ones(shape),
          TrainingProgram.Targets.of(step.create(new long[IMAGES])),
          new LossOptions(0, List.of()),
          program.parameters(),
          0,
          1);
    }
  }
}
