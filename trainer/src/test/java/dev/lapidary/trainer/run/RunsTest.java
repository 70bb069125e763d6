package dev.lapidary.trainer.run;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.lapidary.core.card.CardJson;
import dev.lapidary.core.card.ModelCard;
import dev.lapidary.core.failure.ExitCode;
import dev.lapidary.core.failure.Failure;
import dev.lapidary.core.image.OnBadImage;
import dev.lapidary.torchscript.archive.ArchiveReader;
import dev.lapidary.trainer.checkpoint.Checkpoints;
import dev.lapidary.trainer.checkpoint.TrainingState;
import dev.lapidary.trainer.data.EpochOrder;
import dev.lapidary.trainer.plan.RunConfig;
import dev.lapidary.trainer.plan.RunYaml;
import dev.lapidary.trainer.report.EpochMetrics;
import dev.lapidary.trainer.report.Measures;
import dev.lapidary.trainer.report.Progress;
import dev.lapidary.trainer.run.evaluate.Evaluation;
import dev.lapidary.trainer.run.inputs.RunDirectory;
import dev.lapidary.trainer.run.loop.MetricsLog;
import dev.lapidary.trainer.run.loop.RunOutcome;
import java.io.IOException;
import java.io.PrintWriter;
import java.io.StringWriter;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.BooleanSupplier;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class RunsTest {
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
            seed: 3
            threads: 1
            device: cpu
            data: {train: "%s"}
            model: {arch: resnet20_cifar, input-size: 16, freeze-unloaded: true}
            stages:
              - {name: head, epochs: 1, batch-size: 8, train-only: [head]}
              - {name: all, epochs: 2, batch-size: 5, lr: 0.02}
            """
                .formatted(data),
            "test");
  }

  @Test
  void writesARunThatSaysWhatItIs() throws IOException {
    Path out = folder.resolve("run");
    assertThat(Runs.start(out, config, progress, NEVER)).isEqualTo(RunOutcome.FINISHED);
    assertThat(said.toString())
        .contains("data: 3 classes, 24 training and 6 validation images")
        .contains("stage head: 1 epochs, batch 8, 2 of 65 tensors trained")
        .contains("stage head: 63 frozen parameters and 63 frozen buffers are unchanged")
        .doesNotContain("0 frozen parameters")
        .endsWith(
            "%s shows its curves and mistakes; next: exporter onnx %s --out model.onnx%n"
                .formatted(out.resolve("report.html"), out));
    assertThat(Files.readAllLines(out.resolve("metrics.jsonl"))).hasSize(3);
    ModelCard card =
        CardJson.read(
            ArchiveReader.read(out.resolve("model.pt")).extra().get("card.json"), "model.pt");
    assertThat(card.labels()).containsExactly("blue", "green", "red");
    assertThat(card.metrics()).containsKeys("val_accuracy", "val_loss");
    assertThat(card.input().height()).isEqualTo(16);
    assertThat(card.provenance().runId()).hasSize(64);
    String text = Files.readString(out.resolve("metrics.jsonl")) + CardJson.write(card);
    assertThat(text).doesNotContain(folder.toString());
  }

  @Test
  void evaluateGivesWhatTheRunMeasured() throws IOException {
    Path out = folder.resolve("run");
    Path val = TinyImages.write(folder.resolve("val"), 4, 2);
    RunConfig withVal = RunYaml.with(config, "data.val=" + val);
    Runs.start(out, withVal, progress, NEVER);
    Evaluation.Result result =
        Evaluation.of(
            new Evaluation.Request(out, val, OnBadImage.FAIL, "cpu", 1), note -> {}, NEVER);
    ModelCard card =
        CardJson.read(
            ArchiveReader.read(out.resolve("model.pt")).extra().get("card.json"), "model.pt");
    assertThat(result.measures().images()).isEqualTo(12);
    assertThat(result.measures().accuracy()).isEqualTo(card.metrics().get("val_accuracy"));
    assertThat(result.measures().loss()).isEqualTo(card.metrics().get("val_loss"));
  }

  /** 24 of the 30 were trained on; the rest of the folder was held out. */
  @Test
  void measuringWithTheTrainingImagesIsSaid() throws IOException {
    Path out = folder.resolve("run");
    Runs.start(out, config, progress, NEVER);
    List<String> told = new ArrayList<>();
    Path data = folder.resolve("data");
    Evaluation.of(new Evaluation.Request(out, data, OnBadImage.FAIL, "cpu", 1), told::add, NEVER);
    assertThat(told)
        .contains(
            "warning: the run was trained on 24 of these 30 images: the numbers say how well it"
                + " remembers them, not how well it does on others");
    told.clear();
    Path other = TinyImages.write(folder.resolve("other"), 2, 9);
    Evaluation.of(new Evaluation.Request(out, other, OnBadImage.FAIL, "cpu", 1), told::add, NEVER);
    assertThat(told).noneMatch(line -> line.startsWith("warning"));
  }

  /** 3 red images beside 10 green and 10 blue ones; 2, 8 and 8 are left to train on. */
  @Test
  void balancedSamplingIsTrainedRecordedAndResumed() throws IOException {
    for (int i = 3; i < 10; i++) {
      Files.delete(folder.resolve("data/red/%03d.png".formatted(i)));
    }
    RunConfig balanced = RunYaml.with(config, "data.sampling=balanced");
    Path whole = folder.resolve("balanced");
    Runs.start(whole, balanced, progress, NEVER);
    assertThat(said.toString()).contains("data: 3 classes, 18 training and 5 validation images");
    assertThat(RunDirectory.readConfig(whole).data().sampling()).isEqualTo(EpochOrder.BALANCED);
    Path stopped = folder.resolve("stopped");
    Runs.start(stopped, balanced, progress, () -> true);
    Runs.resume(stopped, List.of(), List.of(), progress, NEVER);
    assertThat(stopped.resolve("model.safetensors"))
        .hasSameBinaryContentAs(whole.resolve("model.safetensors"));
    Path shuffled = folder.resolve("shuffled");
    Runs.start(shuffled, config, progress, NEVER);
    assertThat(Files.readAllBytes(shuffled.resolve("model.safetensors")))
        .isNotEqualTo(Files.readAllBytes(whole.resolve("model.safetensors")));
  }

  @Test
  void testImagesAreLookedAtOnceAtTheEnd() throws IOException {
    Path out = folder.resolve("run");
    Path test = TinyImages.write(folder.resolve("test"), 5, 7);
    Runs.start(out, RunYaml.with(config, "data.test=" + test), progress, NEVER);
    Measures measured =
        Evaluation.of(
                new Evaluation.Request(out, test, OnBadImage.FAIL, "cpu", 1), note -> {}, NEVER)
            .measures();
    assertThat(said.toString())
        .contains("24 training and 6 validation images, 15 test images")
        .containsOnlyOnce("test accuracy %.4f on 15 images, 95 ".formatted(measured.accuracy()));
    ModelCard card =
        CardJson.read(
            ArchiveReader.read(out.resolve("model.pt")).extra().get("card.json"), "model.pt");
    assertThat(card.metrics())
        .containsEntry("test_accuracy", measured.accuracy())
        .containsEntry("test_accuracy_low", measured.accuracyInterval().low())
        .containsEntry("test_loss", measured.loss());
    assertThat(Files.readString(out.resolve("test.json")))
        .contains("\"accuracy\" : " + measured.accuracy())
        .contains("\"confusion\"");
    assertThat(Files.readString(out.resolve("report.html")))
        .contains("<h2 id='Test'>")
        .containsPattern(
            "(?s)<h2 id='views'>What training sees</h2>.*alt='blue/\\d+.png'"
                + " src='data:image/png;base64,")
        .contains("finished after 3 epochs")
        .doesNotContain(folder.toString());
    assertThat(out.resolve("tensorboard")).isNotEmptyDirectory();
  }

  @Test
  void theBestEpochsWeightsAreKept() throws IOException {
    Path out = folder.resolve("run");
    RunConfig four = RunYaml.with(config, "checkpoints.keep-top=2");
    four = RunYaml.with(four, "stages.1.epochs=3");
    Runs.start(out, four, progress, NEVER);
    Checkpoints.Saved last =
        new Checkpoints(out.resolve("checkpoints")).newest(warning -> {}).orElseThrow();
    List<EpochMetrics> ranked =
        MetricsLog.epochs(out.resolve("metrics.jsonl")).stream()
            .sorted(
                Comparator.comparingDouble(EpochMetrics::valAccuracy)
                    .reversed()
                    .thenComparingDouble(EpochMetrics::valLoss))
            .toList();
    assertThat(last.state().kept())
        .extracting(TrainingState.Best::step)
        .containsExactly(ranked.get(0).step(), ranked.get(1).step());
    for (TrainingState.Best best : last.state().kept()) {
      assertThat(Checkpoints.fault(out.resolve("checkpoints").resolve(best.file()))).isEmpty();
    }
    Path second = out.resolve("checkpoints").resolve(last.state().kept().get(1).file());
    RunConfig again = RunYaml.with(config, "model.weights=" + second);
    Runs.start(folder.resolve("again"), again, progress, NEVER);
    assertThat(said.toString()).contains("100.0 % of");
  }

  @Test
  void interruptedAfterEveryStepItGivesTheSameBytes() throws IOException {
    Path whole = folder.resolve("whole");
    Runs.start(whole, config, progress, NEVER);
    Path stopped = folder.resolve("stopped");
    AtomicInteger parts = new AtomicInteger(1);
    RunOutcome outcome = Runs.start(stopped, config, progress, () -> true);
    while (outcome == RunOutcome.INTERRUPTED) {
      outcome = Runs.resume(stopped, List.of(), List.of(), progress, () -> true);
      parts.incrementAndGet();
    }
    assertThat(parts.get()).isGreaterThan(8);
    for (String file : List.of("model.pt", "model.safetensors", "metrics.jsonl", "report.html")) {
      assertThat(stopped.resolve(file)).hasSameBinaryContentAs(whole.resolve(file));
    }
  }

  @Test
  void resumeRefusesDriftedDataWithExit3() throws IOException {
    Path out = folder.resolve("run");
    Runs.start(out, config, progress, () -> true);
    TinyImages.write(folder.resolve("data"), 10, 99);
    assertThatThrownBy(() -> Runs.resume(out, List.of(), List.of(), progress, NEVER))
        .isInstanceOfSatisfying(
            Failure.class, f -> assertThat(f.code()).isEqualTo(ExitCode.GATE_REFUSED))
        .hasMessageContaining("the run cannot go on exactly: data was ")
        .hasMessageContaining("--allow-drift");
    assertThatThrownBy(() -> Runs.resume(out, List.of(), List.of("dat"), progress, NEVER))
        .isInstanceOfSatisfying(
            Failure.class, f -> assertThat(f.code()).isEqualTo(ExitCode.BAD_INPUT))
        .hasMessage(
            "--allow-drift dat: expected one of data, config, weights, libtorch, threads, cpu");
    assertThat(Runs.resume(out, List.of(), List.of("data"), progress, NEVER))
        .isEqualTo(RunOutcome.FINISHED);
    assertThat(said.toString()).contains("drift, so the result is not exact: data was ");
  }

  @Test
  void resumeWithAnotherPlanSaysThatItIsNotExact() throws IOException {
    Path out = folder.resolve("run");
    Runs.start(out, config, progress, () -> true);
    List<String> sets = List.of("stages.1.batch-size=4");
    assertThat(Runs.resume(out, sets, List.of(), progress, NEVER)).isEqualTo(RunOutcome.FINISHED);
    assertThat(said.toString()).contains("drift, so the result is not exact: config was ");
    assertThat(RunDirectory.readConfig(out).stages().get(1).batchSize()).isEqualTo(4);
  }

  @Test
  void extendAddsEpochsToAFinishedRunOnly() throws IOException {
    Path out = folder.resolve("run");
    Runs.start(out, config, progress, () -> true);
    assertThatThrownBy(() -> Runs.extend(out, 1, progress, NEVER))
        .hasMessageContaining("is not finished; go on with 'trainer resume");
    Runs.resume(out, List.of(), List.of(), progress, NEVER);
    assertThat(Runs.resume(out, List.of(), List.of(), progress, NEVER))
        .isEqualTo(RunOutcome.FINISHED);
    assertThat(said.toString()).contains("is finished; nothing is left to do");
    assertThat(Runs.extend(out, 1, progress, NEVER)).isEqualTo(RunOutcome.FINISHED);
    assertThat(Files.readAllLines(out.resolve("metrics.jsonl"))).hasSize(4);
  }

  @Test
  void anExplodingLossStopsTheRunWithTheStepAndTheCause() {
    Path out = folder.resolve("run");
    RunConfig wild = RunYaml.with(RunYaml.with(config, "stages.1.lr=1e30"), "stages.1.epochs=9");
    assertThatThrownBy(() -> Runs.start(out, wild, progress, NEVER))
        .isInstanceOfSatisfying(Failure.class, f -> assertThat(f.code()).isEqualTo(ExitCode.FAILED))
        .hasMessageFindingMatch("the loss is (NaN|-?Infinity) at step \\d+ \\(stage all")
        .hasMessageContaining("a learning rate that is too high");
  }

  @Test
  void aSecondTrainerIsRefused() throws IOException {
    Path out = folder.resolve("run");
    try (RunDirectory held = RunDirectory.create(out, config)) {
      assertThat(held.root()).isEqualTo(out);
      assertThatThrownBy(() -> RunDirectory.open(out))
          .hasMessageContaining("another process is training there");
      assertThatThrownBy(() -> Runs.start(out, config, progress, NEVER))
          .hasMessageContaining("holds a run already; go on with 'trainer resume");
    }
  }

  @Test
  void aRunKilledBeforeItsConfigurationWasWrittenCanBeginAgain() throws IOException {
    Path out = folder.resolve("run");
    Files.createDirectories(out.resolve("checkpoints"));
    Files.createFile(out.resolve(".lock"));
    Files.writeString(out.resolve(".run.yaml.123.tmp"), "see");
    RunDirectory.requireNew(out);
    Files.writeString(out.resolve("checkpoints/mine"), "precious");
    assertThatThrownBy(() -> RunDirectory.requireNew(out))
        .hasMessageContaining("exists and is not empty");
  }
}
