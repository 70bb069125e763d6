package dev.lapidary.benchmarks;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDManager;
import ai.djl.ndarray.types.Shape;
import dev.lapidary.core.tensor.Uniform;
import dev.lapidary.models.zoo.Architecture;
import dev.lapidary.models.zoo.Zoo;
import dev.lapidary.models.zoo.ZooOptions;
import dev.lapidary.torchscript.archive.TorchScriptArchive;
import dev.lapidary.trainer.program.Gradients;
import dev.lapidary.trainer.program.Libtorch;
import dev.lapidary.trainer.program.LossOptions;
import dev.lapidary.trainer.program.Optimizer;
import dev.lapidary.trainer.program.Precision;
import dev.lapidary.trainer.program.ProgramOptions;
import dev.lapidary.trainer.program.ProgramTensor;
import dev.lapidary.trainer.program.TrainingProgram;
import dev.lapidary.trainer.program.UpdateRule;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.TreeSet;
import java.util.stream.Collectors;

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
      contiguous.add(imagesPerSecond(archive, side, false));
      channelsLast.add(imagesPerSecond(archive, side, true));
    }
    double before = Median.of(contiguous);
    double after = Median.of(channelsLast);
    System.out.printf(
        Locale.ROOT,
        "%-20s contiguous %7.1f images/s, channels_last %7.1f: %.2f%n",
        name,
        before,
        after,
        after / before);
  }

  private static double imagesPerSecond(TorchScriptArchive archive, int side, boolean channelsLast)
      throws Exception {
    ProgramOptions options = new ProgramOptions(Precision.FP32, channelsLast, List.of());
    try (TrainingProgram program = TrainingProgram.open(archive, "cpu", options)) {
      program.train(
          program.parameters().stream()
              .map(ProgramTensor::name)
              .collect(Collectors.toCollection(TreeSet::new)));
      Optimizer optimizer = new Optimizer(program, new UpdateRule.Sgd(0.9, 0, false));
      float[] images = Uniform.tensor("images", BATCH, 3, side, side).toFloats();
      step(program, optimizer, images, side);
      long begin = System.nanoTime();
      for (int i = 0; i < STEPS; i++) {
        step(program, optimizer, images, side);
      }
      return STEPS * BATCH * 1e9 / (double) (System.nanoTime() - begin);
    }
  }

  private static void step(TrainingProgram program, Optimizer optimizer, float[] pixels, int side) {
    try (NDManager manager = program.newStep()) {
      NDArray images = manager.create(pixels, new Shape(BATCH, 3, side, side));
      Gradients gradients =
          program.gradients(
              manager,
              images,
              TrainingProgram.Targets.of(manager.create(new long[BATCH])),
              new LossOptions(0, List.of()),
              program.parameters(),
              1,
              1);
      optimizer.apply(manager, gradients, name -> new Optimizer.Rate(1e-4, 1e-4));
    }
  }
}
