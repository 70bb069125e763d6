package dev.lapidary.trainer.run;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import dev.lapidary.core.card.CardJson;
import dev.lapidary.core.card.ModelCard;
import dev.lapidary.core.failure.ExitCode;
import dev.lapidary.core.failure.Failure;
import dev.lapidary.core.image.ImageDecoder;
import dev.lapidary.core.image.ImageLimits;
import dev.lapidary.core.image.Preprocessing;
import dev.lapidary.core.image.Preprocessor;
import dev.lapidary.core.tensor.Tensor;
import dev.lapidary.torchscript.archive.ArchiveReader;
import dev.lapidary.torchscript.archive.TorchScriptArchive;
import dev.lapidary.torchscript.script.StateDict;
import dev.lapidary.trainer.checkpoint.Checkpoints;
import dev.lapidary.trainer.plan.RunConfig;
import dev.lapidary.trainer.plan.RunIdentity;
import dev.lapidary.trainer.plan.RunYaml;
import dev.lapidary.trainer.report.EpochMetrics;
import dev.lapidary.trainer.report.Progress;
import dev.lapidary.trainer.run.loop.MetricsLog;
import dev.lapidary.trainer.run.loop.RunOutcome;
import java.io.IOException;
import java.io.PrintWriter;
import java.io.StringWriter;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.BooleanSupplier;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Images that count more or less than others: of a source task, and by a list's weights. */
class SourceDataTest {
  private static final BooleanSupplier NEVER = () -> false;
  private static final int SIDE = 8;

  @TempDir private Path folder;
  private final StringWriter said = new StringWriter();
  private final Progress progress = new Progress(new PrintWriter(said, true), false);
  private Path source;
  private RunConfig config;

  /** Four images a class of the target; two classes of three images as the source. */
  @BeforeEach
  void write() throws IOException {
    TinyImages.write(folder.resolve("data"), 4, 1);
    TinyImages.write(folder.resolve("val"), 2, 2);
    source = folder.resolve("source");
    TinyImages.write(folder.resolve("other"), 3, 5);
    Files.createDirectories(source);
    Files.move(folder.resolve("other/green"), source.resolve("leaf"));
    Files.move(folder.resolve("other/red"), source.resolve("rose"));
    LinearNetwork.write(folder.resolve("linear.pt"), "torch.gt(0, 1)", "y");
    config =
        RunYaml.read(
            """
            seed: 3
            threads: 1
            device: cpu
            data: {train: "%s", val: "%s"}
            model: {file: "%s", input-size: 8, resize: 8, freeze-unloaded: true}
            stages:
              - {name: all, epochs: 3, batch-size: 5, accumulate: 2, lr: 0.02, augment: none}
            """
                .formatted(
                    folder.resolve("data"), folder.resolve("val"), folder.resolve("linear.pt")),
            "test");
  }

  /**
   * Nothing is learned at a rate of 0, so the losses are those of the weights in the checkpoint.
   */
  @Test
  void anEpochsLossIsTheWeightedMeanOverBothTasks() throws IOException {
    RunConfig both =
        with(config, "data.source-data=" + source, "data.source-weight=0.25", "stages.0.lr=0.0");
    Path out = folder.resolve("run");
    assertThat(Runs.start(out, both, progress, NEVER)).isEqualTo(RunOutcome.FINISHED);
    assertThat(said.toString())
        .contains("data: 3 classes, 12 training and 6 validation images")
        .contains(
            "source task: 6 images beside the 12 of the target, of 2 classes with a head of their"
                + " own, which is not delivered")
        .contains("weights of the images in the training loss: 0.25 to 1.0, mean 0.750");

    Tensor weights = weights(new Checkpoints(out.resolve("checkpoints")));
    assertThat(weights.shape()).containsExactly(5, 192);
    double sum = 0;
    int right = 0;
    for (int c = 0; c < 3; c++) {
      String name = List.of("blue", "green", "red").get(c);
      for (int i = 0; i < 4; i++) {
        double[] logits = logits(weights, folder.resolve("data/%s/%03d.png".formatted(name, i)));
        sum += cost(logits, c, 0, 3);
        right += argmax(logits, 3) == c ? 1 : 0;
      }
    }
    for (int c = 0; c < 2; c++) {
      for (int i = 0; i < 3; i++) {
        String name = List.of("leaf", "rose").get(c);
        double[] logits = logits(weights, source.resolve("%s/%03d.png".formatted(name, i)));
        sum += 0.25 * cost(logits, 3 + c, 3, 5);
      }
    }
    EpochMetrics first = MetricsLog.epochs(out.resolve("metrics.jsonl")).get(0);
    // float32 against float64 on a sum of 192 products
    assertThat(first.trainLoss()).isCloseTo(sum / (12 + 6 * 0.25), within(1e-5));
    assertThat(first.trainAccuracy()).isEqualTo(right / 12.0);
    assertThat(Files.readString(out.resolve("report.html")))
        .contains("source task: 6 images beside the 12 of the target")
        .contains("0.25 to 1.0, mean 0.750");
  }

  @Test
  void onlyTheTargetsHeadIsDelivered() throws IOException {
    Path out = folder.resolve("run");
    Runs.start(out, with(config, "data.source-data=" + source), progress, NEVER);
    TorchScriptArchive model = ArchiveReader.read(out.resolve("model.pt"));
    ModelCard card = CardJson.read(model.extra().get(TorchScriptArchive.CARD), "model.pt");
    assertThat(card.labels()).containsExactly("blue", "green", "red");
    Tensor delivered = StateDict.of(model).tensors().get("fc.weight");
    assertThat(delivered.shape()).containsExactly(3, 192);
    EpochMetrics best =
        MetricsLog.epochs(out.resolve("metrics.jsonl")).stream()
            .filter(EpochMetrics::best)
            .reduce((a, b) -> b)
            .orElseThrow();
    Tensor trained =
        new Checkpoints(out.resolve("checkpoints"))
            .readBest(Checkpoints.bestName(best.step()))
            .get("fc.weight");
    assertThat(trained.shape()).containsExactly(5, 192);
    assertThat(delivered.toFloats()).isEqualTo(Arrays.copyOf(trained.toFloats(), 3 * 192));
    assertThat(card.metrics().get("val_loss")).isEqualTo(best.valLoss());
  }

  @Test
  void aResumedRunGivesTheSameBytes() throws IOException {
    RunConfig both = with(config, "data.source-data=" + source, "loss.class-weights=balanced");
    Path whole = folder.resolve("whole");
    Runs.start(whole, both, progress, NEVER);
    for (int steps = 1; steps <= 5; steps += 2) { // within an epoch and at its end
      Path stopped = folder.resolve("stopped" + steps);
      AtomicInteger left = new AtomicInteger(steps);
      assertThat(Runs.start(stopped, both, progress, () -> left.decrementAndGet() <= 0))
          .isEqualTo(RunOutcome.INTERRUPTED);
      Runs.resume(stopped, List.of(), List.of(), progress, NEVER);
      for (String file : List.of("model.pt", "model.safetensors", "metrics.jsonl", "report.html")) {
        assertThat(stopped.resolve(file)).hasSameBinaryContentAs(whole.resolve(file));
      }
    }
  }

  @Test
  void aResumedRunRefusesOtherWeightsAndImages() throws IOException {
    Path out = folder.resolve("run");
    AtomicInteger left = new AtomicInteger(2);
    RunConfig both = with(config, "data.source-data=" + source, "data.source-weight=0.25");
    Runs.start(out, both, progress, () -> left.decrementAndGet() <= 0);
    Path yaml = out.resolve("run.yaml");
    String kept = Files.readString(yaml);
    Files.writeString(yaml, kept.replace("source-weight: 0.25", "source-weight: 0.5"));
    assertThatThrownBy(() -> Runs.resume(out, List.of(), List.of(), progress, NEVER))
        .isInstanceOf(Failure.class)
        .hasMessageContaining("the run cannot go on exactly: config was")
        .extracting(failure -> ((Failure) failure).code())
        .isEqualTo(ExitCode.GATE_REFUSED);
    Files.writeString(yaml, kept);
    Files.delete(source.resolve("leaf/000.png"));
    assertThatThrownBy(() -> Runs.resume(out, List.of(), List.of(), progress, NEVER))
        .hasMessageContaining("the run cannot go on exactly: data was");
  }

  /** Blue and red are classes of the target too: one head learns both. */
  @Test
  void sourceImagesOfTheTargetsClassesNeedNoSecondHead() throws IOException {
    Path same = TinyImages.write(folder.resolve("same"), 2, 9);
    try (var green = Files.list(same.resolve("green"))) {
      for (Path image : green.toList()) {
        Files.delete(image);
      }
    }
    Files.delete(same.resolve("green"));
    Path out = folder.resolve("run");
    RunConfig both =
        with(config, "data.source-data=" + same, "stages.0.lr=0.0", "stages.0.batch-size=8");
    Runs.start(out, both, progress, NEVER);
    assertThat(said.toString())
        .contains("source task: 4 images beside the 12 of the target, of its classes")
        .contains("0.3 to 1.0, mean 0.825");
    Tensor weights = weights(new Checkpoints(out.resolve("checkpoints")));
    assertThat(weights.shape()).containsExactly(3, 192);
    double sum = 0;
    for (int c = 0; c < 3; c++) {
      String name = List.of("blue", "green", "red").get(c);
      for (int i = 0; i < 4; i++) {
        Path image = folder.resolve("data/%s/%03d.png".formatted(name, i));
        sum += cost(logits(weights, image), c, 0, 3);
      }
      for (int i = 0; i < 2 && c != 1; i++) {
        Path image = same.resolve("%s/%03d.png".formatted(name, i));
        sum += 0.3 * cost(logits(weights, image), c, 0, 3);
      }
    }
    assertThat(MetricsLog.epochs(out.resolve("metrics.jsonl")).get(0).trainLoss())
        .isCloseTo(sum / (12 + 4 * 0.3), within(1e-5)); // float32 against float64
  }

  @Test
  void aListsWeightsCountInTheLossAndInResumption() throws IOException {
    List<Double> weights = new ArrayList<>();
    Path list = list(weights);
    RunConfig listed = with(config, "data.train=" + list, "stages.0.lr=0.0");
    Path out = folder.resolve("run");
    Runs.start(out, listed, progress, NEVER);
    assertThat(said.toString()).contains("0.5 to 3.25, mean 1.875");
    Tensor trained = weights(new Checkpoints(out.resolve("checkpoints")));
    double sum = 0;
    double all = 0;
    for (int i = 0; i < 12; i++) {
      String name = List.of("blue", "green", "red").get(i / 4);
      Path image = folder.resolve("data/%s/%03d.png".formatted(name, i % 4));
      sum += weights.get(i) * cost(logits(trained, image), i / 4, 0, 3);
      all += weights.get(i);
    }
    assertThat(MetricsLog.epochs(out.resolve("metrics.jsonl")).get(0).trainLoss())
        .isCloseTo(sum / all, within(1e-5)); // float32 against float64

    Path stopped = folder.resolve("stopped");
    Runs.start(stopped, listed, progress, () -> true);
    Files.writeString(list, Files.readString(list).replace("3.25", "3.5"));
    assertThatThrownBy(() -> Runs.resume(stopped, List.of(), List.of(), progress, NEVER))
        .hasMessageContaining("the run cannot go on exactly: data was");
  }

  @Test
  void equalWeightsAreNoWeights() throws IOException {
    Path plain = folder.resolve("plain");
    Runs.start(plain, with(config, "data.train=" + list("")), progress, NEVER);
    Path twos = folder.resolve("twos");
    Runs.start(twos, with(config, "data.train=" + list(",2")), progress, NEVER);
    assertThat(twos.resolve("model.safetensors"))
        .hasSameBinaryContentAs(plain.resolve("model.safetensors"));
  }

  @Test
  void aWeightThatIsNoneIsNamed() throws IOException {
    for (String wrong : List.of("0", "-1", "NaN", "inf", "Infinity", "much", "")) {
      RunConfig listed = with(config, "data.train=" + list("," + wrong));
      assertThatThrownBy(() -> Runs.start(folder.resolve("run"), listed, progress, NEVER))
          .isInstanceOf(Failure.class)
          .hasMessage(
              "[%s] image 1 (data/blue/000.png): expected a weight above 0 but found %s; write 1"
                      .formatted(folder.resolve("list.csv"), wrong.isEmpty() ? "nothing" : wrong)
                  + " for an image that counts once, leave out images that are not to count, or"
                  + " rename the column if it says something else");
      assertThat(folder.resolve("run")).doesNotExist();
    }
    for (String wrong : List.of("0", "-0.3", "NaN", "Infinity")) {
      String set = "data.source-weight=" + wrong;
      RunConfig both = with(config, "data.source-data=" + source);
      assertThatThrownBy(() -> RunYaml.with(both, set))
          .hasMessageContaining("data.source-weight must be above 0 but is ");
    }
    assertThatThrownBy(() -> RunYaml.with(config, "data.source-weight=0.5"))
        .hasMessageContaining(
            "data.source-weight weighs the images of data.source-data, and there are none; add"
                + " --source-data DIR");
  }

  @Test
  void whatTwoHeadsCannotDoIsRefused() throws IOException {
    RunConfig both = with(config, "data.source-data=" + source);
    assertThatThrownBy(
            () ->
                Runs.start(
                    folder.resolve("run"),
                    RunYaml.with(both, "stages.0.augment=mixup"),
                    progress,
                    NEVER))
        .hasMessageContaining("stage all: mixup and cutmix mix images of one head");
    assertThatThrownBy(
            () ->
                Runs.start(
                    folder.resolve("run"),
                    RunYaml.with(both, "loss.teacher=" + folder.resolve("linear.pt")),
                    progress,
                    NEVER))
        .hasMessageContaining("--teacher knows the target's classes");
    Path sets = TinyImages.writeSets(folder.resolve("sets"), 8, 1);
    assertThatThrownBy(
            () ->
                Runs.start(
                    folder.resolve("run"),
                    with(config, "data.source-data=" + sets),
                    progress,
                    NEVER))
        .hasMessageContaining("--source-data needs data of the same kind");
  }

  /** A run without them is the run it was before there were such options. */
  @Test
  void withoutThemNothingIsSaidOfThem() {
    assertThat(RunIdentity.of(config)).doesNotContain("source");
    assertThat(RunIdentity.of(with(config, "data.source-data=" + source)))
        .contains("\"source-data\":\"-\",\"source-weight\":0.3")
        .doesNotContain(folder.toString());
  }

  private static RunConfig with(RunConfig config, String... sets) {
    RunConfig changed = config;
    for (String set : sets) {
      changed = RunYaml.with(changed, set);
    }
    return changed;
  }

  /** The target's images; image i weighs 0.5 + i / 4. */
  private Path list(List<Double> weights) throws IOException {
    StringBuilder text = new StringBuilder("path,label,weight\n");
    for (int i = 0; i < 12; i++) {
      weights.add(0.5 + i / 4.0);
      String name = List.of("blue", "green", "red").get(i / 4);
      text.append("data/%s/%03d.png,%s,%s\n".formatted(name, i % 4, name, weights.get(i)));
    }
    return Files.writeString(folder.resolve("list.csv"), text);
  }

  private Path list(String weight) throws IOException {
    StringBuilder text = new StringBuilder("path,label" + (weight.isEmpty() ? "" : ",weight"));
    for (int i = 0; i < 12; i++) {
      String name = List.of("blue", "green", "red").get(i / 4);
      text.append("\ndata/%s/%03d.png,%s%s".formatted(name, i % 4, name, weight));
    }
    String file = weight.isEmpty() ? "plain.csv" : "list.csv";
    return Files.writeString(folder.resolve(file), text);
  }

  private static Tensor weights(Checkpoints checkpoints) throws IOException {
    return checkpoints.newest(note -> {}).orElseThrow().model().get("fc.weight");
  }

  /** What the linear layer makes of an image, in double. */
  private static double[] logits(Tensor weights, Path image) throws IOException {
    Preprocessor preprocessor = Preprocessor.of(Preprocessing.imageNet(SIDE, SIDE));
    float[] pixels = new float[3 * SIDE * SIDE];
    preprocessor.normalize(
        preprocessor.view(ImageDecoder.decode(Files.readAllBytes(image), ImageLimits.DEFAULT)),
        pixels,
        0);
    float[] rows = weights.toFloats();
    double[] logits = new double[rows.length / pixels.length];
    for (int c = 0; c < logits.length; c++) {
      for (int i = 0; i < pixels.length; i++) {
        logits[c] += (double) rows[c * pixels.length + i] * pixels[i];
      }
    }
    return logits;
  }

  private static double cost(double[] logits, int label, int from, int to) {
    double sum = 0;
    for (int c = from; c < to; c++) {
      sum += Math.exp(logits[c]);
    }
    return Math.log(sum) - logits[label];
  }

  private static int argmax(double[] logits, int classes) {
    int best = 0;
    for (int c = 1; c < classes; c++) {
      best = logits[c] > logits[best] ? c : best;
    }
    return best;
  }
}
