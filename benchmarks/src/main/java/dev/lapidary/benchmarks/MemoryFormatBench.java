package dev.lapidary.benchmarks;

import dev.lapidary.models.zoo.Architecture;
import dev.lapidary.models.zoo.Zoo;
import dev.lapidary.models.zoo.ZooOptions;
import dev.lapidary.torchscript.archive.TorchScriptArchive;
import dev.lapidary.trainer.program.Libtorch;
import dev.lapidary.trainer.program.Optimizer;
import dev.lapidary.trainer.program.Precision;
import dev.lapidary.trainer.program.ProgramOptions;
import dev.lapidary.trainer.program.TrainingProgram;
import java.util.ArrayList;
import java.util.List;

/**
 * {@code bin/benchmark memory-format ARCH[@SIDE]...}: images a second of training steps with
 * contiguous and with {@code channels_last} images, in turn, round by round.
 */
final class MemoryFormatBench {
  private static final int ROUNDS = 3;
  private static final int BATCH = 16;
  private static final int STEPS = 2;

  private MemoryFormatBench() {}

  public static void main(String[] arguments) {
    Libtorch.call(
        Runtime.getRuntime().availableProcessors(),
        () -> {
          for (String named : arguments) {
            List<String> parts = List.of(named.split("@", 2));
            Architecture architecture = Zoo.find(parts.get(0));
            int side = parts.size() > 1 ? Integer.parseInt(parts.get(1)) : architecture.inputSize();
            compare(named, architecture.build(ZooOptions.of(10, 0)), side);
          }
          return arguments.length;
        });
  }

  private static void compare(String name, TorchScriptArchive archive, int side) throws Exception {
    List<Double> contiguous = new ArrayList<>();
    List<Double> channelsLast = new ArrayList<>();
    for (int round = 0; round < ROUNDS; round++) {
      contiguous.add(measure(archive, side, false).imagesPerSecond());
      channelsLast.add(measure(archive, side, true).imagesPerSecond());
    }
    System.out.println(
        ComparisonRow.row(
            "training steps of " + name + ", images/s",
            "channels_last",
            channelsLast,
            "contiguous",
            contiguous));
  }

  /**
   * @param losses of the steps, the first one's first
   */
  record Steps(double imagesPerSecond, List<Float> losses) {}

  static Steps measure(TorchScriptArchive archive, int side, boolean channelsLast)
      throws Exception {
    ProgramOptions options = new ProgramOptions(Precision.FP32, channelsLast, List.of());
    try (TrainingProgram program = TrainingProgram.open(archive, "cpu", options)) {
      TrainingSteps training =
          TrainingSteps.of(
              program, "images", new long[BATCH], side, new Optimizer.Rate(1e-4, 1e-4));
      List<Float> losses = new ArrayList<>();
      losses.add(training.step());
      long begin = System.nanoTime();
      for (int i = 0; i < STEPS; i++) {
        losses.add(training.step());
      }
      double speed = STEPS * BATCH * 1e9 / (double) (System.nanoTime() - begin);
      return new Steps(speed, losses);
    }
  }
}
