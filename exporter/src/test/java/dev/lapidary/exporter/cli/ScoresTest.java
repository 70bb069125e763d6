package dev.lapidary.exporter.cli;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import dev.lapidary.core.card.Activation;
import dev.lapidary.core.card.CardJson;
import dev.lapidary.core.card.ModelCard;
import dev.lapidary.core.card.Scores;
import dev.lapidary.core.card.Scoring;
import dev.lapidary.exporter.onnx.OnnxGraph;
import dev.lapidary.exporter.onnx.OnnxReader;
import dev.lapidary.exporter.onnx.OnnxWriter;
import dev.lapidary.torchscript.archive.ArchiveWriter;
import dev.lapidary.torchscript.archive.PyValue.PyBool;
import dev.lapidary.torchscript.archive.PyValue.PyObject;
import dev.lapidary.torchscript.archive.TorchScriptArchive;
import java.awt.image.BufferedImage;
import java.io.IOException;
import java.io.PrintWriter;
import java.io.StringWriter;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import javax.imageio.ImageIO;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/**
 * Networks that end in a softmax or a sigmoid of their own: three classes, whose logits are four
 * times the means of the colours' levels less 1.
 */
class ScoresTest {
  private static final List<String> COLOURS = List.of("red", "green", "blue");
  private static final int[] LEVELS = {220, 90, 30};

  @TempDir Path folder;
  private Path images;

  private record Run(int status, String out, String err) {}

  private static Run run(String... arguments) {
    StringWriter out = new StringWriter();
    StringWriter err = new StringWriter();
    int status =
        ExporterMain.run(new PrintWriter(out, true), new PrintWriter(err, true), arguments);
    return new Run(status, out.toString(), err.toString());
  }

  /** An image a class, in which the class's colour is the strongest and another one second. */
  @BeforeEach
  void write() throws IOException {
    images = folder.resolve("images");
    for (int c = 0; c < 3; c++) {
      int rgb = 0;
      for (int k = 0; k < 3; k++) {
        rgb |= LEVELS[(k - c + 3) % 3] << 8 * (2 - k);
      }
      BufferedImage image = new BufferedImage(8, 8, BufferedImage.TYPE_INT_RGB);
      for (int p = 0; p < 64; p++) {
        image.setRGB(p % 8, p / 8, rgb);
      }
      Files.createDirectories(images.resolve(COLOURS.get(c)));
      ImageIO.write(image, "png", images.resolve(COLOURS.get(c)).resolve("a.png").toFile());
    }
    Files.write(folder.resolve("labels"), COLOURS);
  }

  private static float[] logits(int image) {
    float[] logits = new float[3];
    for (int k = 0; k < 3; k++) {
      logits[k] = 4 * LEVELS[(k - image + 3) % 3] / 255f - 1;
    }
    return logits;
  }

  private Path archive(String last) throws IOException {
    String code =
        """
        class M(Module):
          __parameters__ = []
          __buffers__ = []
          training : bool
          def forward(self: __torch__.M,
            x: Tensor) -> Tensor:
            y = torch.sub(torch.mul(torch.mean(x, [2, 3]), 4), 1)
            return %s
        """
            .formatted(last);
    PyObject root = new PyObject("__torch__.M");
    root.attributes().put("training", new PyBool(false));
    Path file = folder.resolve("m.pt");
    ArchiveWriter.write(
        new TorchScriptArchive(
            "m", 10, new TreeMap<>(Map.of("__torch__.py", code)), root, List.of(), new TreeMap<>()),
        file);
    return file;
  }

  private Run export(String last, String... more) throws IOException {
    List<String> arguments =
        new ArrayList<>(
            List.of(
                "onnx",
                archive(last).toString(),
                "--input=3x8x8",
                "--labels=" + folder.resolve("labels"),
                "--resize=8",
                "--crop=8",
                "--mean=0,0,0",
                "--std=1,1,1",
                "--force",
                "--out=" + folder.resolve("m.onnx")));
    arguments.addAll(Arrays.asList(more));
    return run(arguments.toArray(String[]::new));
  }

  private ModelCard card() {
    OnnxGraph graph = OnnxReader.read(folder.resolve("m.onnx"));
    return CardJson.read(graph.metadata().get(ModelCard.METADATA_KEY), "m.onnx");
  }

  private List<JsonNode> predictions(String data, String... more) throws IOException {
    Path file = folder.resolve("p.jsonl");
    List<String> arguments =
        new ArrayList<>(
            List.of(
                "verify",
                folder.resolve("m.onnx").toString(),
                "--data=" + data,
                "--predictions=" + file,
                "--force"));
    arguments.addAll(Arrays.asList(more));
    Run verified = run(arguments.toArray(String[]::new));
    assertThat(verified.status()).as(verified.err()).isZero();
    List<JsonNode> lines = new ArrayList<>();
    for (String line : Files.readAllLines(file)) {
      lines.add(new ObjectMapper().readTree(line));
    }
    return lines;
  }

  /** The same answers, whether the softmax is the network's own or applied to its logits. */
  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      value = {
        "y | LOGITS",
        "torch.log_softmax(y, 1) | LOGITS",
        "torch.softmax(y, 1) | SOFTMAX",
        "torch.exp(torch.log_softmax(y, 1)) | SOFTMAX",
      })
  void aSoftmaxIsAppliedOnce(String last, Scores scores) throws IOException {
    Run exported = export(last, "--calibration=" + images, "--quantize=fp16");
    assertThat(exported.status()).as(exported.err()).isZero();
    assertThat(card().scoring()).isEqualTo(Scoring.of(scores));
    assertThat(card().golden()).hasSize(3);
    List<JsonNode> answers = predictions(images.toString());
    assertThat(answers).hasSize(3);
    for (JsonNode answer : answers) {
      int image = COLOURS.indexOf(answer.get("label").asText());
      assertThat(answer.get("image").asText()).startsWith(COLOURS.get(image));
      double expected = Activation.SOFTMAX.probabilities(logits(image))[image];
      assertThat(answer.get("probability").asDouble()).isCloseTo(expected, within(2e-3));
    }
    String inspected = run("inspect", folder.resolve("m.onnx").toString()).out();
    assertThat(inspected)
        .contains(
            scores == Scores.LOGITS
                ? "scores       logits"
                : "scores       softmax: the network's own, nothing is applied again");
    assertThat(run("inspect", folder.resolve("m.onnx").toString(), "--json").out())
        .contains("\"scores\":\"" + scores.label() + "\"");
  }

  /** A sigmoid makes labels of an image of its own, and {@code --activation} changes nothing. */
  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      value = {
        "torch.sigmoid(y) | ''",
        "torch.sigmoid(y) | --activation=sigmoid",
        "y | --activation=sigmoid",
      })
  void aSigmoidIsAppliedOnce(String last, String option) throws IOException {
    String[] options = {"--calibration=" + images, "--quantize=fp16", option};
    Run exported = export(last, option.isEmpty() ? Arrays.copyOf(options, 2) : options);
    assertThat(exported.status()).as(exported.err()).isZero();
    assertThat(card().activation()).isEqualTo(Activation.SIGMOID);
    assertThat(card().scores()).isEqualTo(last.equals("y") ? Scores.LOGITS : Scores.SIGMOID);
    Path list = folder.resolve("list.csv");
    Files.writeString(
        list,
        "path,labels\nimages/red/a.png,red|green\nimages/green/a.png,green|blue\n"
            + "images/blue/a.png,blue|red\n");
    List<JsonNode> answers = predictions(list.toString());
    assertThat(answers).hasSize(3);
    for (int i = 0; i < 3; i++) {
      JsonNode classes = answers.get(i).get("classes");
      float[] logits = logits(i);
      double[] expected = Activation.SIGMOID.probabilities(logits);
      assertThat(classes).hasSize(2); // the weakest colour's logit is under 0
      for (JsonNode given : classes) {
        assertThat(given.get("probability").asDouble())
            .isCloseTo(expected[given.get("index").asInt()], within(2e-3));
      }
    }
  }

  @Test
  void theOptionOverridesWhatTheEndTells() throws IOException {
    assertThat(export("torch.softmax(y, 1)", "--scores=logits").status()).isZero();
    assertThat(card().scoring()).isEqualTo(Scoring.of(Scores.LOGITS));
    assertThat(run("inspect", folder.resolve("m.onnx").toString()).out())
        .contains("logits, as the card says, though the network ends in softmax");
    assertThat(export("y", "--scores=sigmoid").status()).isZero();
    assertThat(card().scoring()).isEqualTo(Scoring.of(Scores.SIGMOID));
    assertThat(export("torch.sigmoid(y)", "--activation=softmax").status()).isZero();
    assertThat(card().scoring()).isEqualTo(new Scoring(Scores.SIGMOID, Activation.SOFTMAX));
  }

  /** Someone else's file: its nodes tell. */
  @Test
  void aFileWithoutACardIsToldByItsNodes() throws IOException {
    export("torch.softmax(y, 1)");
    Path file = folder.resolve("m.onnx");
    OnnxGraph graph = OnnxReader.read(file);
    graph.metadata().remove(ModelCard.METADATA_KEY);
    Files.delete(file);
    OnnxWriter.write(graph, file);
    assertThat(run("inspect", file.toString()).out()).contains("scores       softmax: ");
    String source = folder.resolve("m.pt").toString();
    String[] said = {
      "--against=" + source,
      "--input=3x8x8",
      "--labels=" + folder.resolve("labels"),
      "--resize=8",
      "--crop=8",
      "--mean=0,0,0",
      "--std=1,1,1"
    };
    JsonNode first = predictions(images.toString(), said).get(0);
    int image = COLOURS.indexOf(first.get("label").asText());
    assertThat(first.get("probability").asDouble())
        .isCloseTo(Activation.SOFTMAX.probabilities(logits(image))[image], within(1e-5));
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      value = {
        "torch.argmax(y, 1) | '' | ends in an argmax: it gives the best class's number and no scores,"
            + " from which nothing can be served or measured; save it with the logits as forward's"
            + " result, or end it at the layer that gives them: --output LAYER",
        "torch.to(torch.argmax(y, 1, True), 6) | '' | ends in an argmax",
        "torch.softmax(y, 1) | --activation=sigmoid | its activation is to be a sigmoid, of any number"
            + " of labels an image, but it ends in a softmax, of classes of which an image has one;"
            + " leave --activation out, or say by --scores what it gives",
        "torch.log_softmax(y, 1) | --activation=sigmoid | but it ends in a log_softmax",
        "torch.slice(y, 1, 0, 1) | --scores=logits | gives one number for an image, of which a"
            + " softmax makes 1 for every image; if it is a label's logit, add --activation sigmoid",
        "torch.softmax(torch.slice(y, 1, 0, 1), 1) | '' | ends in a softmax of one number, which is 1"
            + " for every image",
      })
  void whatGivesNoAnswerIsExitTwo(String last, String option, String message) throws IOException {
    Files.write(folder.resolve("labels"), last.contains("slice") ? List.of("red") : COLOURS);
    Run refused = option.isEmpty() ? export(last) : export(last, option);
    assertThat(refused.status()).isEqualTo(2);
    assertThat(refused.err()).startsWith("error: [m.pt] ").contains(message).hasLineCount(1);
    assertThat(folder.resolve("m.onnx")).doesNotExist();
  }

  /** A network of one label. */
  @Test
  void oneOutputIsALabelUnderASigmoid() throws IOException {
    Files.write(folder.resolve("labels"), List.of("red"));
    assertThat(export("torch.sigmoid(torch.slice(y, 1, 0, 1))").status()).isZero();
    assertThat(card().scoring()).isEqualTo(Scoring.of(Scores.SIGMOID));
    assertThat(export("torch.slice(y, 1, 0, 1)", "--activation=sigmoid").status()).isZero();
    assertThat(card().scoring()).isEqualTo(Scoring.ofLogits(Activation.SIGMOID));
  }

  /** What {@code exporter torchscript} writes says it too, and is exported as what it is. */
  @Test
  void archivesForInferenceSayIt() throws IOException {
    Path source = archive("torch.sigmoid(y)");
    Path inference = folder.resolve("i.pt");
    assertThat(
            run(
                    "torchscript",
                    source.toString(),
                    "--input=3x8x8",
                    "--activation=softmax",
                    "--out=" + inference)
                .status())
        .isZero();
    Path file = folder.resolve("m.onnx");
    assertThat(run("onnx", inference.toString(), "--out=" + file).status()).isZero();
    assertThat(card().scoring()).isEqualTo(new Scoring(Scores.SIGMOID, Activation.SOFTMAX));
  }
}
