package dev.lapidary.trainer.run.probe;

import ai.djl.engine.EngineException;
import ai.djl.ndarray.NDManager;
import ai.djl.ndarray.types.Shape;
import dev.lapidary.core.image.Preprocessing;
import dev.lapidary.trainer.plan.PrecisionChoice;
import dev.lapidary.trainer.plan.RunConfig;
import dev.lapidary.trainer.program.LossOptions;
import dev.lapidary.trainer.program.Precision;
import dev.lapidary.trainer.program.ProgramOptions;
import dev.lapidary.trainer.program.ProgramTensor;
import dev.lapidary.trainer.program.TrainingProgram;
import dev.lapidary.trainer.report.Progress;
import dev.lapidary.trainer.run.network.Network;
import java.util.List;
import java.util.Locale;
import java.util.stream.Collectors;

/**
 * Chooses {@code precision: auto} by measuring a few steps of each: most CPUs compute float32
 * fastest. The networks that it trains are thrown away; the run's own is not touched.
 */
public final class PrecisionProbe {
  private static final int IMAGES = 8;
  private static final int STEPS = 3;

  /** A gain below this is no reason to compute less exactly. */
  private static final double WORTH = 1.1;

  private PrecisionProbe() {}

  public static RunConfig resolve(RunConfig config, Network network, Progress progress) {
    if (config.precision() != PrecisionChoice.AUTO) {
      return config;
    }
    List<Precision> candidates =
        config.device().startsWith("cuda")
            ? List.of(Precision.BF16, Precision.FP16)
            : List.of(Precision.BF16);
    double full = imagesPerSecond(config, network, Precision.FP32);
    StringBuilder text = new StringBuilder("precision: fp32 %.1f".formatted(full));
    Precision chosen = Precision.FP32;
    double best = full * WORTH;
    for (Precision candidate : candidates) {
      double speed = imagesPerSecond(config, network, candidate);
      text.append(", %s %.1f".formatted(name(candidate), speed));
      if (speed > best) {
        chosen = candidate;
        best = speed;
      }
    }
    progress.say(text + " images/s measured: " + name(chosen));
    return config.with(PrecisionChoice.of(chosen));
  }

  /** 0 if this machine cannot compute it. */
  private static double imagesPerSecond(RunConfig config, Network network, Precision precision) {
    ProgramOptions options = new ProgramOptions(precision, config.channelsLast(), List.of());
    try (TrainingProgram program =
        TrainingProgram.open(network.archive(), config.device(), options)) {
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

  private static String name(Precision precision) {
    return precision.name().toLowerCase(Locale.ROOT);
  }
}
