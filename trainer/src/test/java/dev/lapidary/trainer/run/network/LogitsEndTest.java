package dev.lapidary.trainer.run.network;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import dev.lapidary.core.card.Activation;
import dev.lapidary.core.card.CardJson;
import dev.lapidary.core.card.ModelCard;
import dev.lapidary.core.card.Scores;
import dev.lapidary.core.card.Scoring;
import dev.lapidary.core.failure.ExitCode;
import dev.lapidary.core.failure.Failure;
import dev.lapidary.core.image.OnBadImage;
import dev.lapidary.core.tensor.Uniform;
import dev.lapidary.models.weights.WeightsFile;
import dev.lapidary.torchscript.archive.ArchiveReader;
import dev.lapidary.torchscript.archive.ArchiveWriter;
import dev.lapidary.torchscript.archive.PyValue.PyBool;
import dev.lapidary.torchscript.archive.PyValue.PyObject;
import dev.lapidary.torchscript.archive.PyValue.PyTensor;
import dev.lapidary.torchscript.archive.TorchScriptArchive;
import dev.lapidary.trainer.plan.RunConfig;
import dev.lapidary.trainer.plan.RunYaml;
import dev.lapidary.trainer.report.Progress;
import dev.lapidary.trainer.run.Runs;
import dev.lapidary.trainer.run.TinyImages;
import dev.lapidary.trainer.run.evaluate.Evaluation;
import dev.lapidary.trainer.run.loop.RunOutcome;
import java.io.IOException;
import java.io.PrintWriter;
import java.io.StringWriter;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/**
 * A linear layer with what makes scores of its logits, trained, learned from and measured: all as
 * the layer alone.
 */
class LogitsEndTest {
  private static final String WRITTEN_OUT =
      "torch.div(torch.exp(y), torch.sum(torch.exp(y), [1], True))";

  @TempDir Path folder;
  private final StringWriter said = new StringWriter();
  private final Progress progress = new Progress(new PrintWriter(said, true), false);
  private boolean savedInTraining;
  private Path data;

  @BeforeEach
  void write() throws IOException {
    data = TinyImages.write(folder.resolve("data"), 8, 1);
  }

  private Path network(String name, String last) throws IOException {
    return network(name, last, Map.of());
  }

  private Path network(String name, String last, Map<String, byte[]> extra) throws IOException {
    String text =
        """
        class Linear(Module):
          __parameters__ = ["weight", ]
          __buffers__ = []
          weight : Tensor
          training : bool
          def forward(self: __torch__.Linear, x: Tensor) -> Tensor:
            weight = self.weight
            return torch.linear(x, weight)
        class Net(Module):
          __parameters__ = []
          __buffers__ = []
          training : bool
          fc : __torch__.Linear
          def forward(self: __torch__.Net, x: Tensor) -> Tensor:
            fc = self.fc
            y = (fc).forward(torch.flatten(x, 1), )
            training = self.training
            if training:
              z = y
            else:
              z = %s
            return z
        """
            .formatted(last);
    PyObject linear = new PyObject("__torch__.Linear");
    linear.attributes().put("weight", new PyTensor(Uniform.tensor("p", 3, 192), true));
    linear.attributes().put("training", new PyBool(false));
    PyObject root = new PyObject("__torch__.Net");
    root.attributes().put("training", new PyBool(savedInTraining));
    root.attributes().put("fc", linear);
    Path file = folder.resolve(name + ".pt");
    ArchiveWriter.write(
        new TorchScriptArchive(
            "net",
            3,
            new TreeMap<>(Map.of("__torch__.py", text)),
            root,
            List.of(),
            new TreeMap<>(extra)),
        file);
    return file;
  }

  private RunConfig config(Path network, String... changes) {
    RunConfig config =
        RunYaml.read(
            """
            threads: 1
            device: cpu
            data: {train: "%s", val: "%s"}
            model: {file: "%s", input-size: 8, resize: 8}
            stages:
              - {name: all, epochs: 1, batch-size: 8, lr: 0.01}
            """
                .formatted(data, data, network),
            "test");
    for (String change : changes) {
      config = RunYaml.with(config, change);
    }
    return config;
  }

  private Path run(String name, RunConfig config) throws IOException {
    Path out = folder.resolve("run-" + name);
    assertThat(Runs.start(out, config, progress, () -> false)).isEqualTo(RunOutcome.FINISHED);
    return out;
  }

  private static float[] weight(Path run) {
    return WeightsFile.read(run.resolve("model.safetensors")).tensors().get("fc.weight").toFloats();
  }

  private static ModelCard card(Path run) {
    byte[] json = ArchiveReader.read(run.resolve("model.pt")).extra().get("card.json");
    return CardJson.read(json, "model.pt");
  }

  /** To the last bit: the loss is of the layer's logits, and so is what is delivered. */
  @ParameterizedTest
  @ValueSource(
      strings = {
        "torch.softmax(y, 1)",
        "torch.softmax(y, 1, 7)",
        "torch.sigmoid(y)",
        "torch.softmax(torch.sub(y, 0), 1)"
      })
  void isTrainedWithoutItsEnd(String last) throws IOException {
    Path plain = run("plain", config(network("plain", "y")));
    said.getBuffer().setLength(0);
    Path own = run("own", config(network("own", last)));
    assertThat(weight(own)).containsExactly(weight(plain));
    assertThat(card(own).metrics()).isEqualTo(card(plain).metrics());
    assertThat(card(own).scores()).isEqualTo(Scores.LOGITS);
    assertThat(said.toString())
        .contains(
            "end: the file's own %s is taken off, the loss is of logits and so is what model.pt gives"
                .formatted(last.contains("sigmoid") ? "sigmoid" : "softmax"));
    Evaluation.Result measured =
        Evaluation.of(
            new Evaluation.Request(own.resolve("model.pt"), data, OnBadImage.FAIL, "cpu", 1),
            note -> {},
            () -> false);
    assertThat(measured.measures().loss()).isEqualTo(card(own).metrics().get("val_loss"));
  }

  /** Logits while it trains, scores when it does not: however it was saved. */
  @Test
  void isToldAsItIsMeasured() throws IOException {
    savedInTraining = true;
    Path plain = run("plain", config(network("plain", "y")));
    Path own = run("own", config(network("own", "torch.softmax(y, 1)")));
    assertThat(weight(own)).containsExactly(weight(plain));
    assertThat(card(own).metrics()).isEqualTo(card(plain).metrics());
  }

  /** Under a cross-entropy logarithms of a softmax are logits; under a sigmoid a class not. */
  @Test
  void aLogSoftmaxIsTakenOffWhereTheLossIsBinary() throws IOException {
    Path file = network("log", "torch.log_softmax(y, 1)");
    Path binary = run("plain", config(network("plain", "y"), "loss.function=bce"));
    assertThat(weight(run("bce", config(file, "loss.function=bce"))))
        .containsExactly(weight(binary));
    assertThat(said.toString()).contains("end: the file's own log_softmax is taken off");
    said.getBuffer().setLength(0);
    run("ce", config(file));
    assertThat(said.toString()).doesNotContain("end: ");
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      value = {
        WRITTEN_OUT
            + " | ends in a softmax, and the loss is of logits; no single call in its code makes it"
            + " that could be taken off: save the network with the logits as forward's result",
        "torch.argmax(y, 1) | ends in an argmax: it gives the best class's number, of which there is"
            + " neither loss nor score; save the network with the logits as forward's result",
      })
  void whatCannotBeTakenOffIsExitTwo(String last, String message) throws IOException {
    RunConfig config = config(network("net", last));
    Path out = folder.resolve("out");
    assertThatThrownBy(() -> Runs.start(out, config, progress, () -> false))
        .isInstanceOfSatisfying(
            Failure.class, f -> assertThat(f.code()).isEqualTo(ExitCode.BAD_INPUT))
        .hasMessage("[net.pt] " + message);
    assertThat(out).doesNotExist();
  }

  /** What a softmax written out gives becomes logits again, here and in a teacher. */
  @ParameterizedTest
  @ValueSource(strings = {"torch.softmax(y, 1)", WRITTEN_OUT})
  void isLearnedFromAsItsLogitsAre(String last) throws IOException {
    String soft = "loss.distill-alpha=1";
    Path student = network("student", "torch.mul(y, 0.5)");
    Path plain =
        run("plain", config(student, soft, "loss.teacher=" + network("plain-teacher", "y")));
    Path own = run("own", config(student, soft, "loss.teacher=" + network("teacher", last)));
    assertThat(weight(own)).containsExactly(weight(plain), within(1e-5f));
    Path untaught = run("untaught", config(student));
    assertThat(weight(untaught)).isNotEqualTo(weight(plain));
  }

  /** Measured as the layer alone, as each image's own scores are its softmax. */
  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      value = {
        "torch.softmax(y, 1) | SOFTMAX",
        WRITTEN_OUT + " | SOFTMAX",
        "torch.sigmoid(y) | SIGMOID",
      })
  void isMeasuredAsItsLogitsAre(String last, Scores scores) throws IOException {
    Path plain = run("plain", config(network("start", "y")));
    ModelCard card = card(plain);
    Evaluation.Result expected = evaluate(card, "y");
    Scoring scoring = new Scoring(scores, Activation.SOFTMAX);
    Evaluation.Result found = evaluate(card.withScoring(scoring), last);
    assertThat(found.measures().loss()).isCloseTo(expected.measures().loss(), within(1e-4));
    assertThat(found.measures().accuracy()).isEqualTo(expected.measures().accuracy());
    // Of an archive from before cards said it.
    assertThat(evaluate(card, last).measures().loss()).isEqualTo(found.measures().loss());
  }

  private Evaluation.Result evaluate(ModelCard card, String last) throws IOException {
    byte[] json = CardJson.write(card).getBytes(StandardCharsets.UTF_8);
    Path file = network("measured", last, Map.of(TorchScriptArchive.CARD, json));
    return Evaluation.of(
        new Evaluation.Request(file, data, OnBadImage.FAIL, "cpu", 1), note -> {}, () -> false);
  }

  @Test
  void aTeacherOfClassesTeachesNoLabels() throws IOException {
    Path list = TinyImages.writeSets(folder.resolve("sets"), 12, 3);
    RunConfig config =
        config(
            network("student", "y"),
            "data.train=" + list,
            "data.val=" + list,
            "loss.function=bce",
            "loss.teacher=" + network("teacher", "torch.softmax(y, 1)"));
    assertThatThrownBy(() -> Runs.start(folder.resolve("out"), config, progress, () -> false))
        .hasMessageContaining(
            "the teacher ends in a softmax, of classes of which an image has one: these have any"
                + " number of labels an image");
  }
}
