package dev.lapidary.trainer.run;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.lapidary.core.card.CardJson;
import dev.lapidary.core.card.ModelCard;
import dev.lapidary.core.image.OnBadImage;
import dev.lapidary.core.tensor.Tensor;
import dev.lapidary.models.weights.WeightsFile;
import dev.lapidary.torchscript.archive.ArchiveReader;
import dev.lapidary.trainer.checkpoint.Checkpoints;
import dev.lapidary.trainer.plan.PrecisionChoice;
import dev.lapidary.trainer.plan.RunConfig;
import dev.lapidary.trainer.plan.RunIdentity;
import dev.lapidary.trainer.plan.RunYaml;
import dev.lapidary.trainer.report.Progress;
import dev.lapidary.trainer.run.evaluate.Evaluation;
import dev.lapidary.trainer.run.inputs.RunDirectory;
import dev.lapidary.trainer.run.loop.RunOutcome;
import java.io.IOException;
import java.io.PrintWriter;
import java.io.StringWriter;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.function.BooleanSupplier;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Moving averages, distillation and low precision, in whole runs. */
class TechniquesTest {
  private static final BooleanSupplier NEVER = () -> false;

  @TempDir private Path folder;
  private final StringWriter said = new StringWriter();
  private final Progress progress = new Progress(new PrintWriter(said, true), false);
  private RunConfig config;

  @BeforeEach
  void write() throws IOException {
    Path data = TinyImages.write(folder.resolve("data"), 10, 1);
    Path val = TinyImages.write(folder.resolve("val"), 4, 2);
    config =
        RunYaml.read(
            """
            threads: 1
            device: cpu
            data: {train: "%s", val: "%s"}
            model: {arch: resnet20_cifar, input-size: 16}
            stages:
              - {name: all, epochs: 2, batch-size: 12, lr: 0.02}
            """
                .formatted(data, val),
            "test");
  }

  @Test
  void theAverageIsValidatedDeliveredAndResumed() throws IOException {
    RunConfig ema = with("ema.decay=0.6");
    Path whole = folder.resolve("whole");
    Runs.start(whole, ema, progress, NEVER);
    ModelCard card =
        CardJson.read(
            ArchiveReader.read(whole.resolve("model.pt")).extra().get("card.json"), "model.pt");
    Evaluation.Result result =
        Evaluation.of(
            new Evaluation.Request(whole, folder.resolve("val"), OnBadImage.FAIL, "cpu", 1),
            note -> {},
            () -> false);
    assertThat(result.measures().loss()).isEqualTo(card.metrics().get("val_loss"));
    Checkpoints.Saved saved =
        new Checkpoints(whole.resolve("checkpoints")).newest(w -> {}).orElseThrow();
    assertThat(saved.average().get("fc.weight").toFloats())
        .isNotEqualTo(saved.model().get("fc.weight").toFloats());
    Path stopped = folder.resolve("stopped");
    RunOutcome outcome = Runs.start(stopped, ema, progress, () -> true);
    while (outcome == RunOutcome.INTERRUPTED) {
      outcome = Runs.resume(stopped, List.of(), List.of(), progress, () -> true);
    }
    for (String file : List.of("model.pt", "model.safetensors", "metrics.jsonl")) {
      assertThat(stopped.resolve(file)).hasSameBinaryContentAs(whole.resolve(file));
    }
    Path last = folder.resolve("last");
    Runs.start(last, with("ema.decay=0.6", "checkpoints.deliver=last"), progress, NEVER);
    assertThat(tensors(last).get("fc.weight").toFloats())
        .containsExactly(saved.average().get("fc.weight").toFloats());
  }

  @Test
  void aTeacherMustFitAndIsLearnedFrom() throws IOException {
    Path teacher = folder.resolve("teacher");
    Runs.start(teacher, config, progress, NEVER);
    Path file = teacher.resolve("model.pt");
    RunConfig distilled = with("loss.teacher=" + file, "loss.distill-alpha=1", "seed=5");
    Path student = folder.resolve("student");
    assertThat(Runs.start(student, distilled, progress, NEVER)).isEqualTo(RunOutcome.FINISHED);
    Path plain = folder.resolve("plain");
    Runs.start(plain, with("seed=5"), progress, NEVER);
    assertThat(tensors(student).get("fc.weight").toFloats())
        .isNotEqualTo(tensors(plain).get("fc.weight").toFloats());
    assertThatThrownBy(
            () -> Runs.start(folder.resolve("no"), with("loss.teacher=none.pt"), progress, NEVER))
        .hasMessageContaining("none.pt: there is no such teacher");
    Files.move(folder.resolve("data/red"), folder.resolve("data/rose"));
    Files.move(folder.resolve("val/red"), folder.resolve("val/rose"));
    assertThatThrownBy(() -> Runs.start(folder.resolve("no"), distilled, progress, NEVER))
        .hasMessageContaining("the teacher's classes are [blue, green, red] but the data's are");
  }

  /** Training normalizes by the batch, so nothing but the statistics may be others. */
  @Test
  void batchNormsStatisticsFollowAsFastAsThePlanSays() throws IOException {
    Path plain = folder.resolve("plain");
    Runs.start(plain, with("checkpoints.deliver=last"), progress, NEVER);
    assertThat(said.toString()).doesNotContain("running statistics");
    RunConfig faster = with("checkpoints.deliver=last", "model.min-batch-norm-momentum=0.5");
    Path run = folder.resolve("faster");
    Runs.start(run, faster, progress, NEVER);
    assertThat(said.toString())
        .contains(
            "BatchNorm: running statistics move by 0.5 of each batch in training, not by the"
                + " network's 0.1");
    Map<String, Tensor> expected = tensors(plain);
    tensors(run)
        .forEach(
            (name, tensor) -> {
              boolean same = Arrays.equals(tensor.toFloats(), expected.get(name).toFloats());
              assertThat(same).as(name).isEqualTo(!name.contains(".running_"));
            });
    Path checkpointed = folder.resolve("checkpointed");
    Runs.start(checkpointed, RunYaml.with(faster, "gradient-checkpointing=true"), progress, NEVER);
    assertThat(checkpointed.resolve("model.safetensors"))
        .hasSameBinaryContentAs(run.resolve("model.safetensors"));
    assertThat(ArchiveReader.read(run.resolve("model.pt")).code())
        .isEqualTo(ArchiveReader.read(plain.resolve("model.pt")).code());
  }

  @Test
  void aResumedRunKeepsBatchNormsMomentumAndRefusesAnother() throws IOException {
    Path run = folder.resolve("run");
    Runs.start(run, with("model.min-batch-norm-momentum=0.5"), progress, () -> true);
    Path yaml = run.resolve("run.yaml");
    String kept = Files.readString(yaml);
    assertThat(kept).contains("min-batch-norm-momentum: 0.5");
    Files.writeString(yaml, kept.replace("momentum: 0.5", "momentum: null"));
    assertThatThrownBy(() -> Runs.resume(run, List.of(), List.of(), progress, NEVER))
        .hasMessageContaining("the run cannot go on exactly: config was");
    assertThat(RunIdentity.of(config)).doesNotContain("batch-norm"); // as before there was the key
    assertThatThrownBy(() -> with("model.min-batch-norm-momentum=0"))
        .hasMessageContaining("model.min-batch-norm-momentum must lie in (0, 1] but is 0.0");
  }

  @Test
  void gradientCheckpointingGivesTheSameWeights() throws IOException {
    Path plain = folder.resolve("plain");
    Runs.start(plain, config, progress, NEVER);
    Path checkpointed = folder.resolve("checkpointed");
    Runs.start(checkpointed, with("gradient-checkpointing=true"), progress, NEVER);
    assertThat(said.toString()).contains("gradient checkpointing: 10 segments, beginning at conv1");
    for (String file : List.of("model.safetensors", "metrics.jsonl")) {
      assertThat(checkpointed.resolve(file)).hasSameBinaryContentAs(plain.resolve(file));
    }
  }

  @Test
  void gradientCheckpointingSaysWhatItCannotDivide() {
    RunConfig heads =
        with("model.arch=googlenet", "model.input-size=64", "gradient-checkpointing=true");
    assertThatThrownBy(() -> Runs.start(folder.resolve("no"), heads, progress, NEVER))
        .hasMessageContaining("the auxiliary heads of googlenet take more; add --no-auxiliary");
  }

  @Test
  void automaticPrecisionIsMeasuredAndWrittenDown() throws IOException {
    Path out = folder.resolve("run");
    Runs.start(out, with("precision=auto", "stages.0.epochs=1"), progress, NEVER);
    assertThat(said.toString()).containsPattern("precision: fp32 [0-9.]+, bf16 [0-9.]+ images/s");
    assertThat(RunDirectory.readConfig(out).precision()).isNotEqualTo(PrecisionChoice.AUTO);
  }

  @Test
  void lowPrecisionTrainsFloat32WeightsAndIsResumed() throws IOException {
    for (String precision : List.of("bf16", "fp16")) {
      RunConfig low = with("precision=" + precision, "stages.0.epochs=1");
      Path whole = folder.resolve(precision);
      Runs.start(whole, low, progress, NEVER);
      Path stopped = folder.resolve(precision + "-stopped");
      Runs.start(stopped, low, progress, () -> true);
      Runs.resume(stopped, List.of(), List.of(), progress, NEVER);
      assertThat(stopped.resolve("model.pt")).hasSameBinaryContentAs(whole.resolve("model.pt"));
    }
  }

  private RunConfig with(String... sets) {
    RunConfig changed = config;
    for (String set : sets) {
      changed = RunYaml.with(changed, set);
    }
    return changed;
  }

  private static Map<String, Tensor> tensors(Path run) throws IOException {
    return WeightsFile.read(run.resolve("model.safetensors")).tensors();
  }
}
