package dev.lapidary.exporter.cli;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;

import dev.lapidary.core.Golden;
import dev.lapidary.core.card.Activation;
import dev.lapidary.core.card.CardJson;
import dev.lapidary.core.card.ModelCard;
import dev.lapidary.core.card.Scores;
import dev.lapidary.core.card.Trunk;
import dev.lapidary.core.file.Sha256;
import dev.lapidary.core.image.Preprocessing;
import dev.lapidary.core.tensor.Tensor;
import dev.lapidary.core.tensor.Uniform;
import dev.lapidary.exporter.onnx.OnnxGraph;
import dev.lapidary.exporter.onnx.OnnxReader;
import dev.lapidary.exporter.onnx.OnnxWriter;
import dev.lapidary.exporter.testing.OrtRun;
import dev.lapidary.models.zoo.HeadInit;
import dev.lapidary.models.zoo.HeadReplacement;
import dev.lapidary.models.zoo.HeadSearch;
import dev.lapidary.torchscript.archive.ArchiveReader;
import dev.lapidary.torchscript.archive.ArchiveWriter;
import dev.lapidary.torchscript.archive.PyValue.PyTensor;
import dev.lapidary.torchscript.archive.TorchScriptArchive;
import dev.lapidary.torchscript.script.StateDict;
import dev.lapidary.torchscript.trace.OutputChoice;
import dev.lapidary.torchscript.trace.TraceOptions;
import dev.lapidary.torchscript.trace.limit.TraceLimits;
import java.awt.Color;
import java.awt.Graphics2D;
import java.awt.image.BufferedImage;
import java.io.IOException;
import java.io.PrintWriter;
import java.io.StringWriter;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;
import java.util.stream.IntStream;
import java.util.stream.Stream;
import javax.imageio.ImageIO;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** {@code --head-of}: two networks that differ in their last layer alone, and one that does not. */
class HeadOfTest {
  private static final int SIDE = 32;
  private static final TraceOptions IMAGE =
      new TraceOptions(
          List.of(3L, (long) SIDE, (long) SIDE), OutputChoice.FIRST, TraceLimits.DEFAULT);

  @TempDir Path folder;

  private final StringWriter out = new StringWriter();
  private final StringWriter err = new StringWriter();
  private Path shoes;
  private Path bags;
  private Path trunk;

  @BeforeEach
  void sources() throws IOException {
    shoes = source("shoes", 5, 1, network());
    bags = source("bags", 3, 2, network());
    trunk = folder.resolve("trunk.onnx");
  }

  private static TorchScriptArchive network() {
    return ArchiveReader.read(Golden.archive("mobilenet_v3_small", "scripted").orElseThrow());
  }

  private Path source(String name, int classes, long seed, TorchScriptArchive network)
      throws IOException {
    HeadReplacement.apply(
        network, HeadSearch.find(network, IMAGE), classes, HeadInit.DEFAULT, seed, IMAGE);
    return written(name, classes, network, 0.5f);
  }

  private Path written(String name, int classes, TorchScriptArchive network, float mean)
      throws IOException {
    Preprocessing rule =
        new Preprocessing(
            Preprocessing.Resize.SHORTER_SIDE,
            SIDE,
            Preprocessing.Interpolation.BILINEAR,
            SIDE,
            SIDE,
            List.of(mean, mean, mean),
            List.of(0.25f, 0.25f, 0.25f),
            Preprocessing.Colour.RGB);
    ModelCard card =
        new ModelCard(
            name,
            "1",
            "mobilenet_v3_small",
            IntStream.range(0, classes).mapToObj(i -> name + i).toList(),
            Activation.SOFTMAX,
            Scores.LOGITS,
            Cards.input(List.of(3L, (long) SIDE, (long) SIDE)),
            Optional.of(rule),
            Optional.empty(),
            new TreeMap<>(Map.of("val_accuracy", 0.75)),
            ModelCard.Provenance.UNKNOWN,
            Optional.empty(),
            Optional.empty(),
            List.of());
    Path file = folder.resolve(name + ".pt");
    byte[] json = CardJson.write(card).getBytes(UTF_8);
    ArchiveWriter.write(network.withExtra(Map.of(TorchScriptArchive.CARD, json)), file);
    return file;
  }

  private int run(Object... arguments) {
    err.getBuffer().setLength(0);
    String[] all = Stream.of(arguments).map(Object::toString).toArray(String[]::new);
    return ExporterMain.run(new PrintWriter(out, true), new PrintWriter(err, true), all);
  }

  private Path exported(String name, Object source, Object... more) {
    Path file = folder.resolve(name);
    Stream<Object> fixed = Stream.of("onnx", source, "--out=" + file);
    int status = run(Stream.concat(fixed, Stream.of(more)).toArray());
    assertThat(status).as(err.toString()).isZero();
    return file;
  }

  private void refused(int status, String message, Object source, Object... more) {
    Path file = folder.resolve("refused.onnx");
    Stream<Object> fixed = Stream.of("onnx", source, "--out=" + file);
    assertThat(run(Stream.concat(fixed, Stream.of(more)).toArray())).isEqualTo(status);
    assertThat(err.toString()).contains(message);
    assertThat(file).doesNotExist();
  }

  private static ModelCard card(OnnxGraph graph) {
    return CardJson.read(graph.metadata().get(ModelCard.METADATA_KEY), "m.onnx");
  }

  private Path photographs() throws IOException {
    Path images = Files.createDirectories(folder.resolve("images"));
    for (int i = 0; i < 12; i++) {
      BufferedImage image = new BufferedImage(SIDE, SIDE, BufferedImage.TYPE_INT_RGB);
      Graphics2D graphics = image.createGraphics();
      graphics.setColor(Color.getHSBColor(i / 12f, 1, 1));
      graphics.fillRect(i, 0, SIDE - i, SIDE / 2 + i);
      graphics.dispose();
      ImageIO.write(image, "png", images.resolve("%02d.png".formatted(i)).toFile());
    }
    return images;
  }

  @Test
  void headsBehindOneTrunkAnswerAsTheirWholeNetworks() throws IOException {
    exported("trunk.onnx", shoes, "--output=features");
    OnnxGraph below = OnnxReader.read(trunk);
    Tensor images = Uniform.tensor("input", 2, 3, SIDE, SIDE);
    Tensor features = OrtRun.first(below, images);
    Path photographs = photographs();
    for (Path source : List.of(shoes, bags)) {
      String name = String.valueOf(source.getFileName());
      OnnxGraph whole = OnnxReader.read(exported("whole-" + name + ".onnx", source));
      OnnxGraph head =
          OnnxReader.read(
              exported(
                  name + ".onnx", source, "--head-of=" + trunk, "--calibration=" + photographs));
      assertThat(head.inputs().toString()).isEqualTo("[features FLOAT32[N, 45]]");
      assertThat(head.nodes()).hasSizeLessThan(4);
      // The same sums in the same order: the runtime has one kernel for both.
      assertThat(OrtRun.first(head, features).toFloats())
          .isEqualTo(OrtRun.first(whole, images).toFloats());
      ModelCard told = card(head);
      assertThat(told.trunk()).contains(new Trunk(Sha256.of(trunk), "features", 45));
      assertThat(told.labels()).isEqualTo(card(whole).labels());
      assertThat(told.metrics()).containsEntry("val_accuracy", 0.75);
      assertThat(told.input()).isEqualTo(card(whole).input());
      assertThat(told.preprocessing()).isEqualTo(card(whole).preprocessing());
      assertThat(told.parity().orElseThrow().maxAbsDifference())
          .isLessThan(1e-4 * told.parity().orElseThrow().maxAbsLogit());
      assertThat(told.golden()).isNotEmpty();
      assertThat(told.golden().get(0).logits()).hasSameSizeAs(told.labels());
    }
    Path head = folder.resolve("shoes.pt.onnx");
    assertThat(run("verify", head, "--against=" + shoes, "--head-of=" + trunk))
        .as(err.toString())
        .isZero();
    assertThat(run("inspect", head)).as(err.toString()).isZero();
    assertThat(out.toString())
        .contains("head of")
        .contains("features of 45, the file with " + Sha256.of(trunk));
    assertThat(run("verify", head)).isEqualTo(2);
    assertThat(err.toString())
        .contains(
            "[shoes.pt.onnx] it is a head, which takes features and no images: add --head-of"
                + " TRUNK.onnx, the file with the SHA-256 "
                + Sha256.of(trunk));
    assertThat(run("verify", head, "--head-of=" + head)).isEqualTo(2);
    assertThat(err.toString()).contains("but [shoes.pt.onnx] has " + Sha256.of(head));
    assertThat(run("verify", trunk, "--head-of=" + trunk)).isEqualTo(2);
    assertThat(err.toString()).contains("[trunk.onnx] it is no head, expected one that");
    assertThat(CardJson.write(card(below))).doesNotContain("\"trunk\"");
  }

  @Test
  void aTrunkThatWasTrainedFurtherIsRefused() throws IOException {
    exported("trunk.onnx", shoes, "--output=features");
    TorchScriptArchive further = network();
    StateDict.Entry entry = StateDict.of(further).find("classifier.0.weight").orElseThrow();
    float[] weights = entry.tensor().toFloats();
    weights[7] += 0.001f;
    Tensor moved = Tensor.of(weights, entry.tensor().shape());
    entry.owner().attributes().put(entry.attribute(), new PyTensor(moved, true));
    Path other = source("further", 5, 1, further);
    refused(
        2,
        "[trunk.onnx] it is not the trunk of [further.pt]: they differ in classifier.0.weight by up"
            + " to 0.00100, expected the same bits; train the head alone (--freeze-epochs N --epochs 0)",
        other,
        "--head-of=" + trunk);
  }

  @Test
  void whatFitsNoTrunkIsRefused() throws IOException {
    exported("trunk.onnx", shoes, "--output=features");
    Path whole = exported("whole.onnx", shoes);
    refused(
        2,
        "[whole.onnx] it gives logits FLOAT32[N, 5], expected features FLOAT32[N, F]; give what"
            + " 'exporter onnx RUN --output features --out trunk.onnx' wrote",
        bags,
        "--head-of=" + whole);
    Path darker = written("darker", 10, network(), 0.25f);
    refused(2, "[darker.pt] its images are prepared by ", darker, "--head-of=" + trunk);
    assertThat(err.toString())
        .contains("expected the same; heads of one trunk see the same pixels");
    refused(2, "leave one out", shoes, "--head-of=" + trunk, "--output=features");
    refused(2, "quantize the trunk", shoes, "--head-of=" + trunk, "--quantize=fp16");
    refused(2, "export the trunk with it", shoes, "--head-of=" + trunk, "--embed-preprocessing");
    refused(2, "no such file", shoes, "--head-of=" + folder.resolve("none.onnx"));
  }

  @Test
  void aTrunkWithItsPreprocessingInsideTakesHeadsToo() throws IOException {
    exported("trunk.onnx", shoes, "--output=features", "--embed-preprocessing");
    ModelCard told = card(OnnxReader.read(exported("bags.onnx", bags, "--head-of=" + trunk)));
    assertThat(told.input().dtype()).isEqualTo("uint8");
    assertThat(told.parity().orElseThrow().inputs()).startsWith("floor((u(");
  }

  @Test
  void aQuantizedTrunkIsHeldToTheSourcesOwnByImages() throws IOException {
    Path photographs = photographs();
    exported("trunk.onnx", shoes, "--output=features", "--quantize=fp16");
    refused(2, "add --calibration DIR, such as the training images", bags, "--head-of=" + trunk);
    Path head = exported("bags.onnx", bags, "--head-of=" + trunk, "--calibration=" + photographs);
    assertThat(err.toString())
        .contains("the head behind a trunk of fp16: answers as float32's on ");
    ModelCard told = card(OnnxReader.read(head));
    assertThat(told.quantization().orElseThrow().method()).isEqualTo("fp16");
    assertThat(told.quantization().orElseThrow().logitNoise()).isBetween(1e-9, 0.1);
    Path moved = source("moved", 5, 1, withBiasesMoved());
    refused(
        2,
        "[trunk.onnx] it is not the trunk of [moved.pt]: on 12 images its features are up to ",
        moved,
        "--head-of=" + trunk,
        "--calibration=" + photographs);
    toldNoise(trunk, 1000);
    refused(
        3,
        "the head does not hold its answers behind [trunk.onnx] of fp16: answers as float32's on ",
        moved,
        "--head-of=" + trunk,
        "--calibration=" + photographs);
    exported("forced.onnx", moved, "--head-of=" + trunk, "--calibration=" + photographs, "--force");
    assertThat(err.toString()).contains("warning: written by --force: the head does not hold");
  }

  private static TorchScriptArchive withBiasesMoved() {
    TorchScriptArchive further = network();
    StateDict.Entry entry = StateDict.of(further).find("classifier.0.bias").orElseThrow();
    float[] biases = entry.tensor().toFloats();
    for (int i = 0; i < biases.length; i++) {
      biases[i] += i % 2 == 0 ? 0.5f : -0.5f;
    }
    Tensor moved = Tensor.of(biases, entry.tensor().shape());
    entry.owner().attributes().put(entry.attribute(), new PyTensor(moved, true));
    return further;
  }

  /** The file's card says that its features are so far off, which a worse quantizer's would be. */
  private static void toldNoise(Path file, double noise) throws IOException {
    OnnxGraph graph = OnnxReader.read(file);
    ModelCard card = card(graph);
    ModelCard.Quantization told = card.quantization().orElseThrow();
    ModelCard.Quantization worse =
        new ModelCard.Quantization(
            told.method(),
            told.calibrator(),
            told.calibrationImages(),
            told.calibrationSha256(),
            noise,
            told.fallbacks(),
            told.target());
    graph.metadata().put(ModelCard.METADATA_KEY, CardJson.write(card.withQuantization(worse)));
    OnnxWriter.write(graph, file);
  }
}
