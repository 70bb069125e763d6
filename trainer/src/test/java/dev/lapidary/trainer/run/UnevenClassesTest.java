package dev.lapidary.trainer.run;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.lapidary.core.card.CardJson;
import dev.lapidary.core.card.ModelCard;
import dev.lapidary.torchscript.archive.ArchiveReader;
import dev.lapidary.torchscript.archive.TorchScriptArchive;
import dev.lapidary.trainer.plan.BestBy;
import dev.lapidary.trainer.plan.RunConfig;
import dev.lapidary.trainer.plan.RunIdentity;
import dev.lapidary.trainer.plan.RunYaml;
import dev.lapidary.trainer.report.EpochMetrics;
import dev.lapidary.trainer.report.Interval;
import dev.lapidary.trainer.report.Progress;
import dev.lapidary.trainer.report.SingleLabelMeasures;
import dev.lapidary.trainer.run.evaluate.ValidationScores;
import dev.lapidary.trainer.run.inputs.RunDirectory;
import dev.lapidary.trainer.run.loop.MetricsLog;
import java.io.IOException;
import java.io.PrintWriter;
import java.io.StringWriter;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Comparator;
import java.util.List;
import java.util.Optional;
import java.util.function.BooleanSupplier;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Where classes are uneven, the best epoch is the one that is best for each class alike. */
class UnevenClassesTest {
  private static final BooleanSupplier NEVER = () -> false;

  @TempDir private Path folder;
  private final StringWriter said = new StringWriter();
  private final Progress progress = new Progress(new PrintWriter(said, true), false);
  private RunConfig config;

  @BeforeEach
  void write() throws IOException {
    TinyImages.write(folder.resolve("data"), 8, 1);
    TinyImages.write(folder.resolve("val"), 6, 2);
    LinearNetwork.write(folder.resolve("linear.pt"), "torch.gt(0, 1)", "y");
    config =
        RunYaml.read(
            """
            seed: 3
            threads: 1
            device: cpu
            data: {train: "%s", val: "%s"}
            model: {file: "%s", input-size: 8, freeze-unloaded: true}
            checkpoints: {best-by: auto}
            stages:
              - {name: all, epochs: 6, batch-size: 4, lr: 0.002, augment: none}
            """
                .formatted(
                    folder.resolve("data"), folder.resolve("val"), folder.resolve("linear.pt")),
            "test");
  }

  /** 8 blue and green images, 3 red ones: more than twice as many. */
  @Test
  void balancedAccuracyChoosesAndIsToldAndPinned() throws IOException {
    leave("data/red", 3);
    leave("val/red", 1);
    Path out = folder.resolve("run");
    Runs.start(out, config, progress, NEVER);
    String why =
        "the best epoch is chosen by balanced accuracy, the mean of the classes' recalls: classes"
            + " have 3 to 8 training images (--best-by accuracy counts all images alike)";
    assertThat(said.toString())
        .contains(why)
        .containsPattern("epoch 6/6 .* val loss [0-9.]+ acc [0-9.]+ balanced [0-9.]+")
        .containsPattern("model.pt: validation balanced accuracy [0-9.]+ after step");
    assertThat(RunDirectory.readConfig(out).checkpoints().bestBy())
        .isEqualTo(BestBy.BALANCED_ACCURACY);
    assertThat(Files.readString(out.resolve("report.html")))
        .contains(why.replace("'", "&#39;"), "val balanced accuracy");

    List<EpochMetrics> epochs = MetricsLog.epochs(out.resolve("metrics.jsonl"));
    EpochMetrics best =
        epochs.stream().filter(EpochMetrics::best).reduce((a, b) -> b).orElseThrow();
    assertThat(best.valBalancedAccuracy())
        .isEqualTo(
            epochs.stream()
                .map(EpochMetrics::valBalancedAccuracy)
                .flatMap(Optional::stream)
                .max(Comparator.naturalOrder()));
    ModelCard card =
        CardJson.read(
            ArchiveReader.read(out.resolve("model.pt")).extra().get(TorchScriptArchive.CARD),
            "model.pt");
    assertThat(card.metrics().get("val_balanced_accuracy"))
        .isEqualTo(best.valBalancedAccuracy().orElseThrow());
  }

  @Test
  void aResumedRunRefusesAnotherMeasure() throws IOException {
    leave("data/red", 3);
    Path out = folder.resolve("run");
    Runs.start(out, config, progress, () -> true);
    Path yaml = out.resolve("run.yaml");
    String kept = Files.readString(yaml);
    assertThat(kept).contains("best-by: BALANCED_ACCURACY");
    Files.writeString(yaml, kept.replace("BALANCED_ACCURACY", "ACCURACY"));
    assertThatThrownBy(() -> Runs.resume(out, List.of(), List.of(), progress, NEVER))
        .hasMessageContaining("the run cannot go on exactly: config was");
  }

  /** Twice as many are not more than twice. */
  @Test
  void accuracyChoosesWhereClassesAreEvenOrAPersonSaysSo() throws IOException {
    leave("data/red", 4);
    Path even = folder.resolve("even");
    Runs.start(even, config, progress, () -> true);
    assertThat(RunDirectory.readConfig(even).checkpoints().bestBy()).isEqualTo(BestBy.ACCURACY);
    leave("data/red", 3);
    Path said = folder.resolve("said");
    Runs.start(said, RunYaml.with(config, "checkpoints.best-by=accuracy"), progress, () -> true);
    assertThat(RunDirectory.readConfig(said).checkpoints().bestBy()).isEqualTo(BestBy.ACCURACY);
    assertThat(this.said.toString()).doesNotContain("balanced");
    RunConfig withoutKey =
        RunYaml.read("{data: {train: x}, model: {arch: resnet18}, stages: [{name: all}]}", "old");
    assertThat(withoutKey.checkpoints().bestBy()).isEqualTo(BestBy.ACCURACY);
    assertThat(RunIdentity.of(withoutKey)).doesNotContain("best-by");
  }

  /** Nine of ten are right by saying blue always; of each class that is a half. */
  @Test
  void itIsTheMeanOfTheRecalls() {
    SingleLabelMeasures measures =
        new SingleLabelMeasures(
            10,
            2,
            0.9,
            Interval.wilson(9, 10),
            0.5,
            Optional.empty(),
            0,
            0.45,
            0.5,
            0.47,
            List.of(),
            List.of(),
            List.of());
    ValidationScores scores = new ValidationScores(measures, List.of());
    assertThat(scores.score(BestBy.ACCURACY)).isEqualTo(0.9);
    assertThat(scores.score(BestBy.BALANCED_ACCURACY)).isEqualTo(0.5);
    assertThat(scores.scoreName(BestBy.BALANCED_ACCURACY)).isEqualTo("balanced accuracy");
  }

  @Test
  void severalLabelsHaveTheirOwnMeasure() throws IOException {
    Path list = TinyImages.writeSets(folder.resolve("sets"), 24, 1);
    RunConfig sets =
        RunYaml.with(
            RunYaml.with(RunYaml.with(config, "data.train=" + list), "loss.function=bce"),
            "data.val=null");
    Runs.start(folder.resolve("sets-run"), sets, progress, () -> true);
    RunConfig balanced = RunYaml.with(sets, "checkpoints.best-by=balanced_accuracy");
    assertThatThrownBy(() -> Runs.start(folder.resolve("run"), balanced, progress, NEVER))
        .hasMessage(
            ("--best-by balanced_accuracy is of exactly one class an image, and those of [%s] have"
                    + " any number of labels; leave it out: mAP, the mean over the labels, chooses")
                .formatted(list));
  }

  private void leave(String name, int images) throws IOException {
    try (var files = Files.list(folder.resolve(name))) {
      for (Path file : files.sorted().skip(images).toList()) {
        Files.delete(file);
      }
    }
  }
}
