package dev.lapidary.spark.train;

import dev.lapidary.trainer.checkpoint.TrainingState.Identity;
import dev.lapidary.trainer.plan.RunConfig;
import dev.lapidary.trainer.plan.RunIdentity;
import dev.lapidary.trainer.plan.RunYaml;
import dev.lapidary.trainer.run.inputs.RunInputs;
import java.io.Serializable;
import java.nio.file.Files;
import java.nio.file.InvalidPathException;
import java.nio.file.Path;

/**
 * A run as it travels to executors: they read images, weights and teacher themselves, from the same
 * paths, and must come to the same identity.
 *
 * @param config a whole {@code run.yaml}, its paths absolute
 * @param identity of the driver's run
 * @param checkpoints where the driver's last good one is, for messages
 */
record ShippedRun(String config, Identity identity, String checkpoints) implements Serializable {

  static ShippedRun of(RunInputs inputs, Path checkpoints) {
    return new ShippedRun(
        RunYaml.write(RunIdentity.withPaths(inputs.config(), ShippedRun::absolute)),
        inputs.identity(),
        checkpoints.toString());
  }

  RunConfig run() {
    return RunYaml.read(config, "run.yaml");
  }

  /** An executor works in a folder of its own. What is no file here stays: {@code imagenet}. */
  private static String absolute(String path) {
    return exists(path) ? Path.of(path).toAbsolutePath().normalize().toString() : path;
  }

  private static boolean exists(String path) {
    try {
      return Files.exists(Path.of(path));
    } catch (InvalidPathException e) {
      return false;
    }
  }
}
