package dev.lapidary.trainer.cli;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import dev.lapidary.core.cli.CommandTree;
import dev.lapidary.runtime.TinyModels;
import java.awt.image.BufferedImage;
import java.io.IOException;
import java.io.PrintWriter;
import java.io.StringWriter;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import javax.imageio.ImageIO;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** {@code trainer predict}, by a network whose answer anyone can compute and by libtorch. */
class PredictCommandTest {
  private static final List<String> CLASSES = List.of("red", "green", "blue");

  @TempDir Path folder;

  private final StringWriter out = new StringWriter();
  private final StringWriter err = new StringWriter();
  private Path images;

  @BeforeEach
  void write() throws IOException {
    images = Files.createDirectories(folder.resolve("images/deep")).getParent();
    picture(images.resolve("a, red.png"), 0xff0000);
    picture(images.resolve("b.png"), 0x00ff00);
    picture(images.resolve("deep/c.png"), 0x0000ff);
  }

  private static void picture(Path file, int colour) throws IOException {
    BufferedImage image = new BufferedImage(20, 20, BufferedImage.TYPE_INT_RGB);
    for (int p = 0; p < 400; p++) {
      image.setRGB(p % 20, p / 20, colour);
    }
    ImageIO.write(image, "png", file.toFile());
  }

  private int predict(Object... arguments) {
    List<String> all = new ArrayList<>(List.of("predict"));
    for (Object argument : arguments) {
      all.add(argument.toString());
    }
    out.getBuffer().setLength(0);
    err.getBuffer().setLength(0);
    return CommandTree.run(
        new TrainerMain(),
        new PrintWriter(out),
        new PrintWriter(err, true),
        all.toArray(String[]::new));
  }

  /** The mean of a channel is its logit: 1 of the image's colour, 0 of the two others. */
  @Test
  void anOnnxFileAnswersAsItIsServed() throws IOException {
    Path model = TinyModels.write(folder);
    assertThat(predict(model, images)).as(err.toString()).isZero();
    assertThat(out.toString().lines())
        .containsExactly(
            "a, red.png  red 57.6 %", "b.png  green 57.6 %", "deep/c.png  blue 57.6 %");
    assertThat(predict(model, images, "--csv", "--top=2")).isZero();
    assertThat(out.toString().lines())
        .startsWith(
            "image,rank,label,index,probability",
            "\"a, red.png\",1,red,0,0.576117",
            "\"a, red.png\",2,green,1,0.211942",
            "b.png,1,green,1,0.576117")
        .hasSize(7);
    assertThat(predict(model, images, "--json", "--top=3")).isZero();
    JsonNode last = new ObjectMapper().readTree(out.toString().lines().toList().get(2));
    assertThat(last.get("image").asText()).isEqualTo("deep/c.png");
    assertThat(last.get("classes")).hasSize(3);
    assertThat(last.get("classes").get(0).get("label").asText()).isEqualTo("blue");
    assertThat(last.get("classes").get(0).get("index").asInt()).isEqualTo(2);
  }

  @Test
  void filesAreNamedAsTheyWereGiven() throws IOException {
    Path one = images.resolve("b.png");
    assertThat(predict(TinyModels.write(folder), one, images.resolve("deep"))).isZero();
    assertThat(out.toString().lines())
        .containsExactly(one + "  green 57.6 %", images.resolve("deep/c.png") + "  blue 57.6 %");
  }

  @Test
  void anArchiveAnswersByLibtorch() throws IOException {
    Path labels = Files.write(folder.resolve("labels.txt"), CLASSES);
    Path model = folder.resolve("model.pt");
    int made =
        TrainerMain.run("init", "--arch=resnet20_cifar", "--labels=" + labels, "--out=" + model);
    assertThat(made).isZero();
    assertThat(predict(model, images, "--json", "--top=3")).as(err.toString()).isZero();
    for (String line : out.toString().lines().toList()) {
      double sum = 0;
      for (JsonNode scored : new ObjectMapper().readTree(line).get("classes")) {
        assertThat(scored.get("label").asText())
            .isEqualTo(CLASSES.get(scored.get("index").asInt()));
        sum += scored.get("probability").asDouble();
      }
      assertThat(sum).isBetween(0.99999, 1.00001);
    }
    String first = out.toString();
    assertThat(predict(model, images, "--json", "--top=3")).isZero();
    assertThat(out).hasToString(first);
  }

  @Test
  void whatCannotBeReadIsNamedAndNothingIsPrinted() throws IOException {
    Path broken = Files.writeString(images.resolve("d.png"), "no picture");
    Path model = TinyModels.write(folder);
    assertThat(predict(model, images)).isEqualTo(2);
    assertThat(err.toString()).contains("d.png");
    assertThat(out.toString()).isEmpty();
    assertThat(predict(folder.resolve("nowhere.onnx"), images)).isEqualTo(2);
    assertThat(err.toString()).contains("nowhere.onnx").doesNotContain("d.png");
    assertThat(predict(folder.resolve("nowhere"), images)).isEqualTo(2);
    assertThat(err.toString()).contains("nowhere is no run").doesNotContain("d.png");
    assertThat(predict(model, images, "--on-bad-image=skip")).isZero();
    assertThat(out.toString().lines()).hasSize(3);
    Files.delete(broken);
    assertThat(predict(model, folder.resolve("nowhere"))).isEqualTo(2);
    assertThat(err.toString()).contains("nowhere does not exist; expected an image or a folder");
    assertThat(predict(model, Files.createDirectory(folder.resolve("empty")))).isEqualTo(2);
    assertThat(err.toString()).contains("expected images but found none");
    assertThat(predict(model, images, "--top=0")).isEqualTo(2);
    assertThat(err.toString()).contains("--top must be at least 1 but is 0");
    assertThat(predict(model, images, "--csv", "--json")).isEqualTo(2);
    assertThat(err.toString()).contains("--csv and --json exclude each other");
  }
}
