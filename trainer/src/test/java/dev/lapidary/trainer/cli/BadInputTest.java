package dev.lapidary.trainer.cli;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;

import dev.lapidary.core.Golden;
import dev.lapidary.core.cli.CommandTree;
import dev.lapidary.trainer.run.TinyImages;
import java.io.IOException;
import java.io.PrintWriter;
import java.io.StringWriter;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Each is one line that says what, where and the remedy; exit 2; nothing is written. */
class BadInputTest {
  @TempDir private Path folder;

  @Test
  void missingData() {
    refuses("the folder does not exist", "--data=" + folder.resolve("nothing"), "--arch=resnet18");
  }

  @Test
  void emptyData() throws IOException {
    Path empty = Files.createDirectories(folder.resolve("empty"));
    refuses("empty", "--data=" + empty, "--arch=resnet18");
  }

  @Test
  void aClassWithoutImages() throws IOException {
    Path data = TinyImages.write(folder.resolve("data"), 4, 1);
    Files.createDirectories(data.resolve("yellow"));
    refuses("yellow", "--data=" + data, "--arch=resnet18");
  }

  /** What is refused of it for another reason is refused before its images are decoded. */
  private Path withAnUnreadableImage() throws IOException {
    Path data = TinyImages.write(folder.resolve("data"), 4, 1);
    Files.write(data.resolve("red/000.png"), "no image".getBytes(UTF_8));
    return data;
  }

  @Test
  void anUnreadableImage() throws IOException {
    Path data = withAnUnreadableImage();
    refuses("red/000.png", "--data=" + data, "--arch=resnet18");
  }

  @Test
  void anUnknownArchitecture() throws IOException {
    Path data = TinyImages.write(folder.resolve("data"), 4, 1);
    refuses("no architecture is named 'resnet19'", "--data=" + data, "--arch=resnet19");
  }

  @Test
  void neitherArchitectureNorModel() throws IOException {
    Path data = TinyImages.write(folder.resolve("data"), 4, 1);
    refuses("exactly one of model.arch (--arch) and model.file (--model)", "--data=" + data);
  }

  @Test
  void weightsThatDoNotFit() throws IOException {
    Path data = withAnUnreadableImage();
    Path weights = Golden.archive("vit", "scripted").orElseThrow();
    refuses(
        "the weights fit the network too little",
        "--data=" + data,
        "--arch=resnet20_cifar",
        "--weights=" + weights);
  }

  @Test
  void aCorruptModel() throws IOException {
    Path data = withAnUnreadableImage();
    Path model = Files.write(folder.resolve("bad.pt"), "no archive".getBytes(UTF_8));
    refuses("bad.pt", "--data=" + data, "--model=" + model, "--input-size=32");
  }

  @Test
  void aNetworksNameForAModel() throws IOException {
    Path data = withAnUnreadableImage();
    refuses(
        "resnet18: there is no such model file; the architecture of that name is --arch resnet18",
        "--data=" + data,
        "--model=resnet18");
    refuses("nothing.pt: there is no such model file", "--data=" + data, "--model=nothing.pt");
    refuses("data is a folder without a model.pt", "--data=" + data, "--model=" + data);
  }

  @Test
  void wordsOfOtherTools() throws IOException {
    assertThat(run("run", "--initial-checkpoint=a.pth", "--batch=8", "--lr0=0.1", "-o", "x"))
        .contains("here --initial-checkpoint is --weights, --batch is --batch-size, --lr0 is --lr")
        .contains(", -o is --out\n");
    assertThat(run("run", "photos", "--arch=resnet18", "--out=x"))
        .contains("'photos'; did you mean --data photos?");
    assertThat(run("predict", "runs/a", "--source=photos"))
        .contains("; here it is DIR|FILE behind the model, without an option's name");
    assertThat(run("predict", "runs/a", "photos", "--out=a.csv"))
        .contains("; here it is standard output: --csv > FILE");
    assertThat(run("evaluate", "--weights=a.pt", "--data=photos"))
        .contains("; here it is the first argument, without an option's name");
    assertThat(run("sweep", "--data=photos", "--lr=1e-3"))
        .contains("here --data is a key in the file of --config");
  }

  @Test
  void aModelWithoutACard() throws IOException {
    Path data = withAnUnreadableImage();
    Path model = Golden.archive("vit", "scripted").orElseThrow();
    refuses(
        "it has no model card, so its preprocessing is not known",
        "--data=" + data,
        "--model=" + model);
  }

  @Test
  void aFrozenPatternThatMatchesNothing() throws IOException {
    Path data = withAnUnreadableImage();
    refuses(
        "the pattern layer11 matches no parameter; did you mean layer1",
        "--data=" + data,
        "--arch=resnet20_cifar",
        "--freeze=layer11");
  }

  @Test
  void anOutputThatExists() throws IOException {
    Path data = TinyImages.write(folder.resolve("data"), 4, 1);
    Path out = Files.createDirectories(folder.resolve("out"));
    Files.writeString(out.resolve("mine.txt"), "precious");
    assertThat(run("run", "--data=" + data, "--arch=resnet18", "--out=" + out))
        .contains("exists and is not empty; choose another --out");
    assertThat(out.resolve("mine.txt")).hasContent("precious");
  }

  @Test
  void noRunToResume() {
    assertThat(run("resume", folder.resolve("nothing").toString()))
        .contains("is no run directory: there is no such folder");
  }

  private void refuses(String text, String... options) {
    List<String> arguments = new ArrayList<>(List.of("run", "--out=" + folder.resolve("out")));
    arguments.addAll(List.of(options));
    assertThat(run(arguments.toArray(String[]::new))).contains(text);
    assertThat(folder.resolve("out")).doesNotExist();
  }

  /** What a refused command says on stderr. */
  private static String run(String... arguments) {
    StringWriter err = new StringWriter();
    StringWriter out = new StringWriter();
    int status =
        CommandTree.run(
            new TrainerMain(), new PrintWriter(out, true), new PrintWriter(err, true), arguments);
    assertThat(status).as(err.toString()).isEqualTo(2);
    assertThat(err.toString().lines().filter(line -> line.startsWith("error: "))).hasSize(1);
    return err.toString();
  }
}
