package dev.lapidary.trainer.run;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.lapidary.core.card.Activation;
import dev.lapidary.core.card.CardJson;
import dev.lapidary.core.card.ModelCard;
import dev.lapidary.core.failure.Failure;
import dev.lapidary.core.image.OnBadImage;
import dev.lapidary.models.weights.HeadLabels;
import dev.lapidary.models.weights.WeightsFile;
import dev.lapidary.torchscript.archive.ArchiveReader;
import dev.lapidary.trainer.plan.RunConfig;
import dev.lapidary.trainer.plan.RunYaml;
import dev.lapidary.trainer.report.EpochMetrics;
import dev.lapidary.trainer.report.MeasuresText;
import dev.lapidary.trainer.report.MultiLabelMeasures;
import dev.lapidary.trainer.report.Progress;
import dev.lapidary.trainer.run.evaluate.Evaluation;
import dev.lapidary.trainer.run.loop.MetricsLog;
import java.io.IOException;
import java.io.PrintWriter;
import java.io.StringWriter;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Comparator;
import java.util.List;
import java.util.function.BooleanSupplier;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Images of any number of labels, from the list to the delivered model. */
class MultiLabelTest {
  private static final BooleanSupplier NEVER = () -> false;

  @TempDir private Path folder;
  private final StringWriter said = new StringWriter();
  private final Progress progress = new Progress(new PrintWriter(said, true), false);
  private Path list;
  private RunConfig config;

  @BeforeEach
  void write() throws IOException {
    list = TinyImages.writeSets(folder.resolve("data"), 40, 1);
    config =
        RunYaml.read(
            """
            seed: 3
            threads: 1
            device: cpu
            data: {train: "%s"}
            model: {arch: resnet20_cifar, input-size: 16, freeze-unloaded: true}
            loss: {function: bce, class-weights: balanced, label-smoothing: 0.02}
            checkpoints: {keep-top: 2}
            ema: {decay: 0.5}
            stages:
              - {name: head, epochs: 1, batch-size: 8, train-only: [head], cache-variants: 1}
              - {name: all, epochs: 5, batch-size: 5, accumulate: 2, lr: 0.1, augment: mixup}
            """
                .formatted(list),
            "test");
  }

  @Test
  void learnsWhatEachImageHasAndSaysSo() throws IOException {
    Path out = folder.resolve("run");
    Path test = TinyImages.writeSets(folder.resolve("test"), 24, 2);
    Runs.start(out, RunYaml.with(config, "data.test=" + test), progress, NEVER);
    assertThat(said.toString())
        .contains("data: 3 labels, any number of them an image, 31 training and 9 validation")
        .contains("what is frozen before")
        .containsPattern("epoch 6/6 .* exact [0-9.]+  val loss [0-9.]+ exact [0-9.]+ mAP [0-9.]+")
        .containsPattern("test mAP [0-9.]+ on 24 images, 95 % interval [0-9.]+ to [0-9.]+")
        .containsPattern("model.pt: validation mAP ")
        .doesNotContain("accuracy");

    ModelCard card = card(out);
    assertThat(card.activation()).isEqualTo(Activation.SIGMOID);
    assertThat(card.labels()).containsExactly("blue", "green", "red");
    assertThat(HeadLabels.activation(WeightsFile.read(out.resolve("model.safetensors"))))
        .isEqualTo(Activation.SIGMOID);
    assertThat(card.metrics())
        .containsOnlyKeys(
            "val_loss",
            "val_map",
            "val_micro_f1",
            "val_macro_f1",
            "val_subset_accuracy",
            "test_loss",
            "test_map",
            "test_map_low",
            "test_map_high",
            "test_micro_f1",
            "test_macro_f1",
            "test_subset_accuracy");
    // Each label is that of every second image: chance is 0.5.
    assertThat(card.metrics().get("test_map")).isGreaterThan(0.7);

    List<EpochMetrics> epochs = MetricsLog.epochs(out.resolve("metrics.jsonl"));
    assertThat(Files.readString(out.resolve("metrics.jsonl"))).contains("\"val_map\":");
    EpochMetrics best =
        epochs.stream().filter(EpochMetrics::best).reduce((a, b) -> b).orElseThrow();
    assertThat(best.valMap())
        .hasValue(
            epochs.stream()
                .map(m -> m.valMap().orElseThrow())
                .max(Comparator.naturalOrder())
                .orElseThrow());
    assertThat(card.metrics().get("val_map")).isEqualTo(best.valMap().orElseThrow());

    assertThat(Files.readString(out.resolve("report.html")))
        .contains("Test mAP", "average precision", "none of them", "Worst mistakes")
        .doesNotContain("Confusion", "taken for", "accuracy");
    assertThat(Files.readString(out.resolve("test.json"))).contains("\"subsetAccuracy\"");

    Evaluation.Result again =
        Evaluation.of(
            new Evaluation.Request(out, test, OnBadImage.FAIL, "cpu", 1), note -> {}, NEVER);
    MultiLabelMeasures measures = (MultiLabelMeasures) again.measures();
    assertThat(measures.meanAveragePrecision()).isEqualTo(card.metrics().get("test_map"));
    assertThat(measures.loss()).isEqualTo(card.metrics().get("test_loss"));
    assertThat(MeasuresText.lines(measures)).anyMatch(line -> line.startsWith("mAP "));
  }

  @Test
  void aStoppedRunGoesOnBitForBit() throws IOException {
    Path whole = folder.resolve("whole");
    Runs.start(whole, config, progress, NEVER);
    Path stopped = folder.resolve("stopped");
    Runs.start(stopped, config, progress, () -> true);
    Runs.resume(stopped, List.of(), List.of(), progress, new After(7));
    Runs.resume(stopped, List.of(), List.of(), progress, NEVER);
    for (String file : List.of("model.pt", "metrics.jsonl", "report.html")) {
      assertThat(stopped.resolve(file)).hasSameBinaryContentAs(whole.resolve(file));
    }
    // Features of the frozen part, kept or computed anew, give the same bits.
    Path anew = folder.resolve("anew");
    Runs.start(anew, RunYaml.with(config, "data.cache-features=false"), progress, NEVER);
    assertThat(anew.resolve("model.safetensors"))
        .hasSameBinaryContentAs(whole.resolve("model.safetensors"));
  }

  @Test
  void optionsForOneClassAnImageAreRefused() throws IOException {
    refused(
        "loss.function=cross_entropy",
        "[%s] its images have any number of labels, and"
            + " cross_entropy is for exactly one an image; add --loss bce");
    refused(
        "data.sampling=balanced",
        "[%s] --sampling balanced draws images by their class, and"
            + " these may have several labels; weigh the rare ones by --class-weights balanced");
    Path folders = TinyImages.write(folder.resolve("folders"), 4, 1);
    assertThatThrownBy(() -> run(RunYaml.with(config, "data.val=" + folders)))
        .hasMessage(
            "[%s] has one label an image, but training has any number of labels an image: measuring"
                + " needs data of the same kind",
            folders);
    assertThatThrownBy(() -> run(RunYaml.with(config, "data.train=" + folders)))
        .hasMessageStartingWith("loss.class-weights belong to the function cross_entropy, or to");
    String everywhere =
        Files.readString(list).replace(".png,", ".png,red|").replace("red|red", "red");
    Files.writeString(list, everywhere);
    refused(
        "seed=3",
        "[%s] every training image has the label red, so --class-weights balanced would"
            + " give it the weight 0; take the label out, or leave the option out");
    assertThat(folder.resolve("refused")).doesNotExist();
  }

  /** A part to measure with need not have every label, and may have no other. */
  @Test
  void aPartWithoutALabelIsMeasuredWithoutIt() throws IOException {
    Path some = folder.resolve("data/some.jsonl");
    Files.writeString(
        some,
        """
        {"path":"2.png","labels":["green"]}
        {"path":"6.png","labels":["red","green"]}
        {"path":"8.png","labels":[]}
        """);
    Path out = folder.resolve("run");
    RunConfig one = RunYaml.with(config, "stages.1.epochs=1");
    Runs.start(out, RunYaml.with(one, "data.val=" + some), progress, NEVER);
    MultiLabelMeasures measures =
        (MultiLabelMeasures)
            Evaluation.of(
                    new Evaluation.Request(out, some, OnBadImage.FAIL, "cpu", 1), note -> {}, NEVER)
                .measures();
    assertThat(measures.unseen()).containsExactly("blue");
    assertThat(measures.perClass().get(0).averagePrecision()).isEmpty();
    assertThat(MeasuresText.lines(measures))
        .contains("in no mean, because no image has them: blue");
    assertThatThrownBy(
            () ->
                Evaluation.of(
                    new Evaluation.Request(
                        out,
                        TinyImages.write(folder.resolve("f"), 2, 1),
                        OnBadImage.FAIL,
                        "cpu",
                        1),
                    note -> {},
                    NEVER))
        .hasMessageEndingWith(
            "has one label an image, but the model gives each of its labels or not: give a list with"
                + " labels");
    Files.writeString(some, Files.readString(some).replace("red", "mauve"));
    assertThatThrownBy(
            () ->
                Evaluation.of(
                    new Evaluation.Request(out, some, OnBadImage.FAIL, "cpu", 1),
                    note -> {},
                    NEVER))
        .isInstanceOf(Failure.class)
        .hasMessage(
            "[%s] 'mauve' is no label of the model; its labels are [blue, green, red]", some);
  }

  @Test
  void aTeacherMustHaveLearnedDataOfTheSameKind() throws IOException {
    Path teacher = folder.resolve("teacher");
    RunConfig images = RunYaml.with(config, "stages.0.cache-variants=0");
    RunConfig brief = RunYaml.with(images, "stages.1.epochs=1");
    Runs.start(teacher, brief, progress, NEVER);
    String file = "loss.teacher=" + teacher.resolve("model.pt");
    Path student = folder.resolve("student");
    Runs.start(student, RunYaml.with(brief, file), progress, NEVER);
    assertThat(student.resolve("model.safetensors")).isRegularFile();
    assertThat(Files.readAllBytes(student.resolve("model.safetensors")))
        .isNotEqualTo(Files.readAllBytes(teacher.resolve("model.safetensors")));
    Path folders = TinyImages.write(folder.resolve("folders"), 4, 1);
    RunConfig single = RunYaml.with(RunYaml.with(brief, file), "data.train=" + folders);
    assertThatThrownBy(() -> run(RunYaml.with(single, "loss.function=cross_entropy")))
        .isInstanceOf(Failure.class)
        .hasMessage(
            "[%s] the teacher learned data of another kind: these have one label an image",
            teacher.resolve("model.pt"));
  }

  private void refused(String set, String message) {
    assertThatThrownBy(() -> run(RunYaml.with(config, set)))
        .isInstanceOf(Failure.class)
        .hasMessage(message, list);
  }

  private void run(RunConfig asked) {
    Runs.start(folder.resolve("refused"), asked, progress, NEVER);
  }

  private static ModelCard card(Path run) {
    return CardJson.read(
        ArchiveReader.read(run.resolve("model.pt")).extra().get("card.json"), "model.pt");
  }

  /** True from the n-th question on. */
  private static final class After implements BooleanSupplier {
    private int left;

    After(int questions) {
      this.left = questions;
    }

    @Override
    public boolean getAsBoolean() {
      return --left < 0;
    }
  }
}
