package dev.lapidary.spark.train;

import dev.lapidary.trainer.checkpoint.TrainingState.Identity;
import dev.lapidary.trainer.plan.DataConfig;
import dev.lapidary.trainer.plan.ModelConfig;
import dev.lapidary.trainer.plan.RunConfig;
import dev.lapidary.trainer.plan.RunYaml;
import dev.lapidary.trainer.run.inputs.RunInputs;
import java.io.Serializable;
import java.nio.file.Files;
import java.nio.file.InvalidPathException;
import java.nio.file.Path;
import java.util.List;
import java.util.Optional;

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
        RunYaml.write(absolute(inputs.config())), inputs.identity(), checkpoints.toString());
  }

  RunConfig run() {
    return RunYaml.read(config, "run.yaml");
  }

  /** An executor works in a folder of its own. */
  private static RunConfig absolute(RunConfig config) {
    DataConfig data = config.data();
    ModelConfig model = config.model();
    RunConfig at = set(config, "data.train", Optional.of(data.train()));
    at = set(at, "data.val", data.val());
    at = set(at, "data.test", data.test());
    at = set(at, "data.source-data", data.sourceData());
    at = set(at, "model.file", model.file());
    at = set(at, "model.weights", model.weights());
    return set(at, "loss.teacher", config.loss().teacher());
  }

  /** What is no file here, such as {@code imagenet}, stays as it is. */
  private static RunConfig set(RunConfig config, String key, Optional<String> path) {
    if (path.isEmpty() || !exists(path.get())) {
      return config;
    }
    String absolute = Path.of(path.get()).toAbsolutePath().normalize().toString();
    return RunYaml.with(config, List.of(new RunYaml.Setting(key, absolute)), List.of());
  }

  private static boolean exists(String path) {
    try {
      return Files.exists(Path.of(path));
    } catch (InvalidPathException e) {
      return false;
    }
  }
}
