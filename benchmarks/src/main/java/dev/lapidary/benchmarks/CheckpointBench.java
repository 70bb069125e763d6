package dev.lapidary.benchmarks;

import dev.lapidary.core.tensor.Tensor;
import dev.lapidary.models.zoo.Zoo;
import dev.lapidary.models.zoo.ZooOptions;
import dev.lapidary.trainer.checkpoint.CheckpointWriter;
import dev.lapidary.trainer.checkpoint.Checkpoints;
import dev.lapidary.trainer.checkpoint.TrainingState;
import dev.lapidary.trainer.checkpoint.TrainingState.Identity;
import dev.lapidary.trainer.checkpoint.TrainingState.Position;
import dev.lapidary.trainer.checkpoint.TrainingState.Sums;
import dev.lapidary.trainer.program.Libtorch;
import dev.lapidary.trainer.program.Optimizer;
import dev.lapidary.trainer.program.TrainingProgram;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/**
 * What a checkpoint of ResNet-18 costs the training that goes on meanwhile: windows of steps with
 * one and without, in turn, in one run. Arguments: pairs of windows (5), libtorch's threads (2).
 */
public final class CheckpointBench {
  private static final int BATCH = 16;
  private static final int STEPS = 12;

  private final TrainingProgram program;
  private final TrainingSteps training;
  private final Checkpoints checkpoints;
  private long step;
  private double stoodStill;

  private CheckpointBench(TrainingProgram program, Checkpoints checkpoints) {
    this.program = program;
    this.training =
        TrainingSteps.of(program, "images", new long[BATCH], 224, new Optimizer.Rate(1e-4, 1e-4));
    this.checkpoints = checkpoints;
  }

  public static void main(String[] arguments) throws IOException {
    int pairs = arguments.length > 0 ? Integer.parseInt(arguments[0]) : 5;
    int threads = arguments.length > 1 ? Integer.parseInt(arguments[1]) : 2;
    Path folder = Files.createTempDirectory("checkpoints");
    Libtorch.call(
        threads,
        () -> {
          try (TrainingProgram program =
              TrainingProgram.open(Zoo.find("resnet18").build(ZooOptions.of(1000, 0)), "cpu")) {
            new CheckpointBench(program, new Checkpoints(folder)).run(pairs);
          }
          return pairs;
        });
    for (Path file : new Checkpoints(folder).files()) {
      System.out.printf("%,d bytes a checkpoint%n", Files.size(file));
      Files.delete(file);
    }
    Files.delete(folder);
  }

  private void run(int pairs) {
    window(false);
    double with = 0;
    double without = 0;
    for (int i = 0; i < pairs; i++) {
      without += window(false);
      with += window(true);
    }
    double cost = (with - without) / pairs;
    System.out.printf(
        "%d windows each of %d steps of %d images: %.2f s without, %.2f s with one checkpoint%n",
        pairs, STEPS, BATCH, without / pairs, with / pairs);
    System.out.printf(
        "a checkpoint costs %.3f s of training, of which it stands still %.3f s:"
            + " %.2f %% of the time at one a minute%n",
        cost, stoodStill / pairs, 100 * cost / 60);
  }

  /** Seconds; the window ends when its checkpoint is on the disk. */
  private double window(boolean checkpoint) {
    long start = System.nanoTime();
    try (CheckpointWriter writer = new CheckpointWriter(checkpoints)) {
      for (int i = 0; i < STEPS; i++) {
        training.step();
        step++;
        if (checkpoint && i == 0) {
          long copy = System.nanoTime();
          writer.write(state(), Optional.empty());
          stoodStill += seconds(System.nanoTime() - copy);
        }
      }
    }
    return seconds(System.nanoTime() - start);
  }

  private Checkpoints.Saved state() {
    Map<String, Tensor> tensors = new LinkedHashMap<>();
    program.tensors().forEach(t -> tensors.put(t.name(), t.copy()));
    Identity identity = new Identity("", "", "", "", "", "", 1);
    TrainingState state =
        new TrainingState(
            identity,
            new Position(0, 0, 0, step),
            Sums.ZERO,
            List.of(),
            TrainingState.Adapted.START,
            0,
            false);
    return new Checkpoints.Saved(state, tensors, training.optimizer().save(), Map.of());
  }

  private static double seconds(long nanos) {
    return (double) nanos / 1e9;
  }
}
