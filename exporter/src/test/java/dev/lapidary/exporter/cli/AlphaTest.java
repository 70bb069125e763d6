package dev.lapidary.exporter.cli;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.lapidary.core.card.Activation;
import dev.lapidary.core.card.CardJson;
import dev.lapidary.core.card.ModelCard;
import dev.lapidary.core.card.ModelCard.GoldenImage;
import dev.lapidary.core.card.Scores;
import dev.lapidary.core.image.Background;
import dev.lapidary.core.image.Preprocessing;
import dev.lapidary.exporter.onnx.OnnxReader;
import dev.lapidary.exporter.verify.GoldenImages;
import dev.lapidary.exporter.verify.LoadedModel;
import dev.lapidary.exporter.verify.ModelRuntime;
import dev.lapidary.models.zoo.Zoo;
import dev.lapidary.models.zoo.ZooOptions;
import dev.lapidary.runtime.Classifier;
import dev.lapidary.torchscript.archive.ArchiveReader;
import dev.lapidary.torchscript.archive.ArchiveWriter;
import dev.lapidary.torchscript.archive.TorchScriptArchive;
import dev.lapidary.torchscript.trace.OutputChoice;
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
import java.util.Optional;
import java.util.TreeMap;
import javax.imageio.ImageIO;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Transparent images are put on what the card says, from the export to the answer. */
class AlphaTest {
  private static final List<String> IMAGES = List.of("0.png", "1.png", "2.png");

  @TempDir private Path folder;
  private Path source;
  private ModelCard card;

  @BeforeEach
  void write() throws IOException {
    for (int i = 0; i < IMAGES.size(); i++) {
      image(folder.resolve("clear").resolve(IMAGES.get(i)), 0, i);
      image(folder.resolve("white").resolve(IMAGES.get(i)), 0xffffffff, i);
    }
    TorchScriptArchive network =
        Zoo.find("resnet20_cifar")
            .build(new ZooOptions(3, 1, Optional.empty(), Optional.empty(), Optional.empty()));
    card =
        new ModelCard(
            "cuts",
            "1",
            "resnet20_cifar",
            List.of("a", "b", "c"),
            Activation.SOFTMAX,
            Scores.LOGITS,
            new ModelCard.Input("input", "NCHW", 3, 32, 32, "float32"),
            Optional.of(Preprocessing.imageNet(32, 32).over(Background.WHITE)),
            Optional.empty(),
            new TreeMap<>(),
            ModelCard.Provenance.UNKNOWN,
            Optional.empty(),
            Optional.empty(),
            List.of());
    source = folder.resolve("model.pt");
    byte[] json = CardJson.write(card).getBytes(UTF_8);
    ArchiveWriter.write(network.withExtra(Map.of(TorchScriptArchive.CARD, json)), source);
  }

  @Test
  void anExportedFileAnswersClearImagesAsWhiteOnes() throws IOException {
    Path onnx = folder.resolve("model.onnx");
    StringWriter err = new StringWriter();
    PrintWriter out = new PrintWriter(new StringWriter());
    String[] command = {"onnx", source.toString(), "--out", onnx.toString()};
    assertThat(ExporterMain.run(out, new PrintWriter(err, true), command)).as("%s", err).isZero();
    try (Classifier classifier = Classifier.open(onnx)) {
      for (String name : IMAGES) {
        byte[] clear = Files.readAllBytes(folder.resolve("clear").resolve(name));
        byte[] white = Files.readAllBytes(folder.resolve("white").resolve(name));
        assertThat(classifier.classify(clear)).hasToString(classifier.classify(white).toString());
      }
    }
  }

  private int run(StringWriter err, Object... arguments) {
    String[] words = Arrays.stream(arguments).map(Object::toString).toArray(String[]::new);
    return ExporterMain.run(new PrintWriter(new StringWriter()), new PrintWriter(err, true), words);
  }

  private static Background alpha(Path onnx) {
    String json = OnnxReader.read(onnx).metadata().get(ModelCard.METADATA_KEY);
    return CardJson.read(json, "model.onnx").preprocessing().orElseThrow().alpha();
  }

  @Test
  void anArchiveWithoutACardIsToldWhatTransparentImagesAreOn() {
    Path bare = folder.resolve("bare.pt");
    ArchiveWriter.write(ArchiveReader.read(source).withExtra(Map.of()), bare);
    Path onnx = folder.resolve("bare.onnx");
    StringWriter err = new StringWriter();
    Object[] said = {"onnx", bare, "--input=3x32x32", "--out", onnx, "--alpha=white"};
    assertThat(run(err, said)).isEqualTo(2);
    assertThat(err.toString()).contains("--mean has 0 and --std 0 numbers; expected 3 of each");
    assertThat(onnx).doesNotExist();
    List<Object> whole = new ArrayList<>(List.of(said));
    whole.addAll(List.of("--mean=0.5,0.5,0.5", "--std=0.5,0.5,0.5"));
    assertThat(run(err, whole.toArray())).as("%s", err).isZero();
    assertThat(alpha(onnx)).isEqualTo(Background.WHITE);
    whole.set(5, "--alpha=pink");
    whole.add("--force");
    assertThat(run(err, whole.toArray())).isEqualTo(2);
    assertThat(err.toString()).contains("--alpha: expected black, white or a colour such as");
  }

  @Test
  void aCardsOwnIsNotOverruled() {
    StringWriter err = new StringWriter();
    Path onnx = folder.resolve("model.onnx");
    assertThat(run(err, "onnx", source, "--out", onnx, "--alpha=black")).isEqualTo(2);
    assertThat(err)
        .hasToString(
            "error: --alpha contradicts the file's own card, which says #ffffff; leave the option"
                + " out\n");
    assertThat(onnx).doesNotExist();
    Object[] same = {
      "onnx",
      source,
      "--out",
      onnx,
      "--alpha=#FFFFFF",
      "--resize=32",
      "--mean=0.485,0.456,0.406",
      "--std=0.229,0.224,0.225"
    };
    assertThat(run(err, same)).as("%s", err).isZero();
    assertThat(alpha(onnx)).isEqualTo(Background.WHITE);
  }

  @Test
  void goldenImagesShowAnotherBackground() {
    try (LoadedModel model = LoadedModel.open(ModelRuntime.LIBTORCH, source, OutputChoice.FIRST)) {
      List<GoldenImage> golden =
          GoldenImages.choose(model, card, folder.resolve("clear"), IMAGES, 0);
      assertThat(golden).isNotEmpty();
      ModelCard whole = card.withGolden(golden);
      GoldenImages.replay(model, whole, source);
      ModelCard black =
          CardJson.read(CardJson.write(whole).replace(",\"alpha\":\"#ffffff\"", ""), "model.onnx");
      assertThatThrownBy(() -> GoldenImages.replay(model, black, source))
          .hasMessageContaining("golden image 0: the input tensor's SHA-256 is ");
    }
  }

  private static void image(Path file, int ground, int number) throws IOException {
    Files.createDirectories(file.getParent());
    BufferedImage image = new BufferedImage(40, 40, BufferedImage.TYPE_INT_ARGB);
    for (int p = 0; p < 1600; p++) {
      boolean inside = p % 40 > 5 + number && p / 40 > 8 && p % 40 < 30 && p / 40 < 25 + 3 * number;
      image.setRGB(p % 40, p / 40, inside ? 0xff102030 + 0x301800 * number : ground);
    }
    ImageIO.write(image, "png", file.toFile());
  }
}
