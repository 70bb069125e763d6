package dev.lapidary.benchmarks.gpu;

import dev.lapidary.benchmarks.TrainingSteps;
import dev.lapidary.core.failure.Phrase;
import dev.lapidary.models.zoo.Zoo;
import dev.lapidary.models.zoo.ZooOptions;
import dev.lapidary.trainer.program.Libtorch;
import dev.lapidary.trainer.program.Optimizer;
import dev.lapidary.trainer.program.Precision;
import dev.lapidary.trainer.program.ProgramOptions;
import dev.lapidary.trainer.program.TorchDevice;
import dev.lapidary.trainer.program.TrainingProgram;
import java.util.List;
import java.util.Locale;
import java.util.function.BooleanSupplier;
import java.util.function.DoubleConsumer;
import java.util.stream.LongStream;

/** Steps of training on the device, beside the CPU. */
final class TrainingProofs {
  private static final int CLASSES = 10;
  private static final int STEPS = 6;
  private static final int THREADS = Runtime.getRuntime().availableProcessors();
  private static final long SPEED_NANOS = 5_000_000_000L;

  private TrainingProofs() {}

  /** Losses of ResNet-18 in its first steps, of float32 on the CPU. */
  static ProofOutcome sameLosses(TorchDevice device, boolean bfloat16, double bound) {
    Precision precision = bfloat16 ? Precision.BF16 : Precision.FP32;
    double[] here = new double[STEPS];
    double[] there = new double[STEPS];
    Libtorch.call(
        THREADS,
        () -> {
          losses(TorchDevice.CPU, Precision.FP32, here);
          losses(TorchDevice.of(device.toString()), precision, there);
          return STEPS;
        });
    double maximum = 0;
    for (int i = 0; i < STEPS; i++) {
      maximum = Math.max(maximum, Math.abs(there[i] - here[i]) / here[0]);
    }
    return ProofOutcome.within(
        maximum,
        bound,
        Phrase.of(
            "of the first loss, in %d steps from %.4f to %.4f", STEPS, here[0], here[STEPS - 1]));
  }

  private static void losses(TorchDevice device, Precision precision, double[] losses) {
    int[] at = {0};
    steps(device, precision, 64, 16, loss -> losses[at[0]++] = loss, () -> at[0] < STEPS);
  }

  /** Images a second of ResNet-18 at 224 pixels. */
  static ProofOutcome speed(TorchDevice device) {
    StringBuilder words = new StringBuilder("ResNet-18, 224 pixels, batches of 32, images/s:");
    Libtorch.call(
        THREADS,
        () -> {
          for (Precision precision : List.of(Precision.FP32, Precision.BF16)) {
            words.append(
                Phrase.of(
                    " %s %.0f",
                    precision.name().toLowerCase(Locale.ROOT),
                    imagesPerSecond(TorchDevice.of(device.toString()), precision)));
          }
          return 0;
        });
    return ProofOutcome.ok(words.toString());
  }

  /** The first steps choose kernels, and do not count. */
  private static double imagesPerSecond(TorchDevice device, Precision precision) {
    int warmUp = device.isGpu() ? 5 : 1;
    int batch = 32;
    int[] done = {0};
    long[] begin = {0};
    long[] now = {0};
    steps(
        device,
        precision,
        224,
        batch,
        loss -> {
          done[0]++;
          now[0] = System.nanoTime();
          begin[0] = done[0] == warmUp ? now[0] : begin[0];
        },
        () -> done[0] < warmUp + 2 || (now[0] - begin[0] < SPEED_NANOS && done[0] < 200));
    return (done[0] - warmUp) * batch * 1e9 / (double) (now[0] - begin[0]);
  }

  private static void steps(
      TorchDevice device,
      Precision precision,
      int side,
      int batch,
      DoubleConsumer losses,
      BooleanSupplier more) {
    ProgramOptions options = new ProgramOptions(precision, false, List.of());
    try (TrainingProgram program =
        TrainingProgram.open(
            Zoo.find("resnet18").build(ZooOptions.of(CLASSES, 0)), device.toString(), options)) {
      long[] labels = LongStream.range(0, batch).map(i -> i % CLASSES).toArray();
      try (TrainingSteps training =
          TrainingSteps.of(program, "gpu-proof", labels, side, new Optimizer.Rate(0.01, 0))) {
        while (more.getAsBoolean()) {
          losses.accept(training.step());
        }
      }
    }
  }
}
