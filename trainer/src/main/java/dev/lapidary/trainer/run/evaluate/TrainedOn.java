package dev.lapidary.trainer.run.evaluate;

import dev.lapidary.core.failure.Failure;
import dev.lapidary.trainer.data.Dataset;
import dev.lapidary.trainer.data.ListedData;
import dev.lapidary.trainer.data.Sample;
import dev.lapidary.trainer.plan.RunConfig;
import dev.lapidary.trainer.run.inputs.RunDirectory;
import dev.lapidary.trainer.run.inputs.RunInputs;
import java.io.IOException;
import java.nio.file.Path;
import java.util.HashSet;
import java.util.Optional;
import java.util.Set;

/** Whether a model is measured with the images that it learned by heart. */
final class TrainedOn {
  private TrainedOn() {}

  /**
   * A warning, if some of the images are those that the run beside the model was trained on. Empty
   * where that is not known: the model has left its run directory, or the images their place.
   */
  static Optional<String> warning(Path model, Dataset measured) {
    Path run = model.toAbsolutePath().getParent();
    if (run == null || !RunDirectory.isRun(run)) {
      return Optional.empty();
    }
    Set<Path> trained = trained(run);
    long both = measured.samples().stream().filter(s -> isAmong(trained, measured, s)).count();
    return both == 0
        ? Optional.empty()
        : Optional.of(
            "warning: the run was trained on %d of these %d images: the numbers say how well it"
                    .formatted(both, measured.size())
                + " remembers them, not how well it does on others");
  }

  private static Set<Path> trained(Path run) {
    Set<Path> files = new HashSet<>();
    try {
      RunConfig config = RunDirectory.readConfig(run);
      Dataset data = ListedData.of(RunInputs.source(config), note -> {}).train();
      data.samples().forEach(sample -> real(data, sample).ifPresent(files::add));
    } catch (IOException | Failure e) {
      return Set.of(); // moved, or changed
    }
    return files;
  }

  private static boolean isAmong(Set<Path> files, Dataset data, Sample sample) {
    return real(data, sample).filter(files::contains).isPresent();
  }

  private static Optional<Path> real(Dataset data, Sample sample) {
    return data.pictures()
        .file(sample)
        .flatMap(
            file -> {
              try {
                return Optional.of(file.toRealPath());
              } catch (IOException e) {
                return Optional.empty();
              }
            });
  }
}
