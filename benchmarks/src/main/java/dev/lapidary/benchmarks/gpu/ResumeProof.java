package dev.lapidary.benchmarks.gpu;

import com.fasterxml.jackson.databind.ObjectMapper;
import dev.lapidary.benchmarks.ScratchFolder;
import dev.lapidary.trainer.plan.RunConfig;
import dev.lapidary.trainer.plan.RunYaml;
import dev.lapidary.trainer.program.TorchDevice;
import dev.lapidary.trainer.report.Progress;
import dev.lapidary.trainer.run.Runs;
import dev.lapidary.trainer.run.loop.RunOutcome;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.function.BooleanSupplier;

/** A run that is stopped in an epoch and goes on, beside one that is not. */
final class ResumeProof {
  /** Stops in the second of the epochs. */
  private static final int STEPS_BEFORE = 5;

  private static final ObjectMapper JSON = new ObjectMapper();

  private ResumeProof() {}

  /**
   * On the CPU the two must have the same bytes. On a GPU kernels add up in an order of their own,
   * so there the last losses are compared.
   */
  static ProofOutcome goesOn(TorchDevice device, Path images, double bound) throws IOException {
    RunConfig config =
        RunYaml.read(
            """
            seed: 1
            device: '%s'
            data: {train: '%2$s', val: '%2$s'}
            model: {arch: resnet20_cifar}
            stages:
              - {epochs: 3, batch-size: 8, lr: 0.01}
            """
                .formatted(device, images),
            "gpu-proof");
    Progress silent = Progress.silent();
    try (ScratchFolder folder = ScratchFolder.create("gpu-proof")) {
      Path whole = folder.resolve("whole");
      Path broken = folder.resolve("broken");
      Runs.start(whole, config, silent, () -> false);
      if (Runs.start(broken, config, silent, after(STEPS_BEFORE)) != RunOutcome.INTERRUPTED) {
        return ProofOutcome.failed("the run was not stopped after " + STEPS_BEFORE + " steps");
      }
      Runs.resume(broken, List.of(), List.of(), silent, () -> false);
      if (Files.mismatch(whole.resolve("model.pt"), broken.resolve("model.pt")) == -1) {
        return ProofOutcome.ok(
            "stopped in the second epoch and gone on: the same bytes of model.pt");
      }
      double other = Math.abs(lastLoss(broken) - lastLoss(whole)) / lastLoss(whole);
      return ProofOutcome.within(
          other, device.isGpu() ? bound : 0, "of the last loss; other bytes of model.pt");
    }
  }

  private static BooleanSupplier after(int steps) {
    int[] asked = {0};
    return () -> ++asked[0] > steps;
  }

  private static double lastLoss(Path run) throws IOException {
    List<String> lines = Files.readAllLines(run.resolve("metrics.jsonl"));
    return JSON.readTree(lines.get(lines.size() - 1)).get("val_loss").asDouble();
  }
}
