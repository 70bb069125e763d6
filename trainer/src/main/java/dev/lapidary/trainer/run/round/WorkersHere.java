package dev.lapidary.trainer.run.round;

import dev.lapidary.trainer.program.TorchDevices;
import dev.lapidary.trainer.report.Progress;
import dev.lapidary.trainer.run.inputs.RunInputs;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;

/** In this process, one after the other; the next one's images are read meanwhile. */
public record WorkersHere(Worker worker, int worldSize) implements WorkerGroup {
  /** As {@link WorkerGroup.Opening}; on several devices, if the run has them. */
  public static WorkerGroup open(RunInputs inputs, Path checkpoints, Progress progress) {
    TorchDevices devices = TorchDevices.of(inputs.config().device());
    if (devices.all().size() > 1) {
      progress.say(
          "devices: %s, a process each; every one reads the images and the weights by itself"
              .formatted(devices));
      return WorkersOnDevices.open(inputs, devices.all(), checkpoints);
    }
    return new WorkersHere(new Worker(inputs, checkpoints), inputs.config().rounds().worldSize());
  }

  @Override
  public Meeting round(Round round) {
    List<Contribution> shares = new ArrayList<>();
    Worker.Task next = worker.begin(round, 0);
    for (int i = 0; i < worldSize; i++) {
      try (Worker.Task task = next) {
        if (i + 1 < worldSize) {
          next = worker.begin(round, i + 1);
        }
        shares.add(task.work());
      } catch (RuntimeException e) {
        next.close();
        throw e;
      }
    }
    return Meeting.of(shares);
  }

  @Override
  public void close() {
    worker.close();
  }
}
