package dev.lapidary.trainer.run;

import static org.assertj.core.api.Assertions.assertThat;

import dev.lapidary.trainer.plan.RunConfig;
import dev.lapidary.trainer.plan.RunYaml;
import dev.lapidary.trainer.plan.StageConfig;
import dev.lapidary.trainer.report.Progress;
import dev.lapidary.trainer.run.inputs.RunDirectory;
import dev.lapidary.trainer.run.loop.RunOutcome;
import java.io.IOException;
import java.io.PrintWriter;
import java.io.StringWriter;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.function.BooleanSupplier;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** What the loop does with stages and schedules, in whole runs. */
class StagesTest {
  private static final BooleanSupplier NEVER = () -> false;

  @TempDir private Path folder;
  private final StringWriter said = new StringWriter();
  private final Progress progress = new Progress(new PrintWriter(said, true), false);
  private RunConfig config;

  @BeforeEach
  void write() throws IOException {
    Path data = TinyImages.write(folder.resolve("data"), 10, 1);
    config =
        RunYaml.read(
            """
            threads: 1
            device: cpu
            data: {train: "%s"}
            model: {arch: resnet20_cifar, input-size: 16, freeze-unloaded: true}
            stages:
              - {name: head, epochs: 1, batch-size: 8, train-only: [head]}
              - {name: all, epochs: 1, batch-size: 12, lr: 0.02}
            """
                .formatted(data),
            "test");
  }

  @Test
  void aPlateauLowersTheRateAndItsStateIsInTheCheckpoint() throws IOException {
    RunConfig plateau =
        with(
            "stages.1.epochs=3",
            "stages.1.schedule.shape.kind=plateau",
            "stages.1.schedule.shape.patience=0",
            "stages.1.schedule.shape.threshold=0.99"); // no epoch is so much better
    Path whole = folder.resolve("whole");
    Runs.start(whole, plateau, progress, NEVER);
    List<String> lines = Files.readAllLines(whole.resolve("metrics.jsonl"));
    assertThat(lines.get(2)).contains("\"lr\":0.02,");
    assertThat(lines.get(3)).contains("\"lr\":0.002,");
    assertThat(said.toString()).contains("stage all: a plateau; rates times 0.1");
    Path stopped = folder.resolve("stopped");
    RunOutcome outcome = Runs.start(stopped, plateau, progress, () -> true);
    while (outcome == RunOutcome.INTERRUPTED) {
      outcome = Runs.resume(stopped, List.of(), List.of(), progress, () -> true);
    }
    for (String file : List.of("model.pt", "metrics.jsonl")) {
      assertThat(stopped.resolve(file)).hasSameBinaryContentAs(whole.resolve(file));
    }
  }

  @Test
  void withoutABetterValidationAStageEndsAndTheNextBegins() throws IOException {
    Path out = folder.resolve("run");
    RunConfig impatient =
        with("checkpoints.patience=1", "stages.0.lr=0", "stages.0.epochs=9"); // no epoch is better
    Runs.start(out, impatient, progress, NEVER);
    assertThat(said.toString())
        .contains("stage head: no better validation for 1 epochs: it ends")
        .contains("stage all: 1 epochs");
    assertThat(Files.readAllLines(out.resolve("metrics.jsonl"))).hasSize(3);
  }

  @Test
  void gradualUnfreezingStandsInRunYamlAsStages() throws IOException {
    Path out = folder.resolve("run");
    Runs.start(out, with("stages.1.gradual-unfreeze=1"), progress, NEVER);
    assertThat(RunDirectory.readConfig(out).stages())
        .extracting(StageConfig::name)
        .containsExactly("head", "thaw-fc", "thaw-layer3", "thaw-layer2", "thaw-layer1", "all");
    assertThat(said.toString())
        .contains("stage thaw-fc: 1 epochs, batch 12, 2 of 65 tensors trained")
        .contains("stage all: 1 epochs, batch 12, 65 of 65 tensors trained");
  }

  private RunConfig with(String... sets) {
    RunConfig changed = config;
    for (String set : sets) {
      changed = RunYaml.with(changed, set);
    }
    return changed;
  }
}
