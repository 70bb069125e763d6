package dev.lapidary.trainer.cli;

import static org.assertj.core.api.Assertions.assertThat;

import dev.lapidary.core.cli.CommandTree;
import dev.lapidary.core.image.ImageDecoder;
import dev.lapidary.core.image.ImageLimits;
import dev.lapidary.core.image.Preprocessing;
import dev.lapidary.core.image.Preprocessor;
import dev.lapidary.core.image.RgbImage;
import dev.lapidary.trainer.data.PicturedFolder;
import java.awt.image.BufferedImage;
import java.io.IOException;
import java.io.PrintWriter;
import java.io.StringWriter;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.stream.Stream;
import javax.imageio.ImageIO;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class PreviewCommandTest {
  @TempDir private Path root;
  private final StringWriter out = new StringWriter();
  private final StringWriter err = new StringWriter();

  @BeforeEach
  void fill() {
    PicturedFolder.fill(root.resolve("in"), "ant", 2);
    PicturedFolder.fill(root.resolve("in"), "bee", 1);
  }

  @Test
  void evalWritesExactlyWhatTheNetworkSees() throws IOException {
    Path image = root.resolve("in/ant/001.png");
    assertThat(preview("--eval", "--resize", "40", "--crop", "32", image.toString())).isZero();
    RgbImage written = read("out/001.png");
    RgbImage expected =
        Preprocessor.of(Preprocessing.imageNet(40, 32)).view(read("in/ant/001.png"));
    assertThat(written.pixels()).isEqualTo(expected.pixels());
    assertThat(out.toString()).isEqualTo(root.resolve("out/001.png") + System.lineSeparator());
  }

  @Test
  void clearPixelsHaveTheBackground() throws IOException {
    Path image = root.resolve("clear.png");
    ImageIO.write(new BufferedImage(8, 8, BufferedImage.TYPE_INT_ARGB), "png", image.toFile());
    assertThat(preview("--eval", "--alpha", "#ff8040", image.toString())).isZero();
    RgbImage written = read("out/clear.png");
    assertThat(written.at(100, 100, 0)).isEqualTo(255);
    assertThat(written.at(100, 100, 1)).isEqualTo(128);
    assertThat(written.at(100, 100, 2)).isEqualTo(64);
    assertThat(preview("--alpha", "clear", image.toString())).isEqualTo(2);
    assertThat(err.toString())
        .contains("error: --alpha: expected black, white or a colour such as #7f7f7f");
  }

  @Test
  void equalNamesKeepTheirExtensionAndThenGetANumber() throws IOException {
    assertThat(preview("--eval", root.resolve("in").toString())).isZero();
    assertThat(written()).containsExactly("000.png-2.png", "000.png.png", "001.png");
  }

  @Test
  void aBadImageIsNamedAndTheOthersAreWritten() throws IOException {
    Path bad = root.resolve("in/ant/bad.jpg");
    Files.writeString(bad, "no image");
    assertThat(preview("--eval", root.resolve("in/ant").toString())).isEqualTo(2);
    assertThat(err.toString())
        .startsWith(
            "error: [%s] 1 bad image: %s: expected JPEG, PNG, WebP, BMP or GIF but found a file"
                .formatted(root.resolve("in/ant"), bad));
    assertThat(written()).containsExactly("000.png", "001.png");
  }

  @Test
  void theSheetHasARowAnImage() throws IOException {
    assertThat(
            preview(
                "--crop",
                "32",
                "--resize",
                "36",
                "--samples",
                "3",
                "--rows",
                "2",
                "--augment",
                "rrc, hflip, erase(p=1)",
                root.resolve("in").toString()))
        .isZero();
    assertThat(err.toString()).contains("2 of 3 images shown");
    RgbImage sheet = read("out/preview.png");
    assertThat(sheet.width()).isEqualTo(4 * 36 - 4);
    assertThat(sheet.height()).isEqualTo(2 * 36 - 4);
    RgbImage first = Preprocessor.of(Preprocessing.imageNet(36, 32)).view(read("in/ant/000.png"));
    for (int y = 0; y < 32; y++) {
      byte[] row = Arrays.copyOfRange(sheet.pixels(), 3 * y * 140, 3 * (y * 140 + 32));
      assertThat(row).isEqualTo(Arrays.copyOfRange(first.pixels(), 3 * 32 * y, 3 * 32 * (y + 1)));
    }
  }

  @Test
  void anOutputThatExistsIsRefused() {
    String folder = root.resolve("in").toString();
    assertThat(preview("--crop", "32", folder)).isZero();
    assertThat(preview("--crop", "32", folder)).isEqualTo(2);
    assertThat(err.toString()).contains("preview.png exists; choose another --out or add --force");
    assertThat(preview("--crop", "32", "--force", folder)).isZero();
  }

  @Test
  void anArchitectureBringsItsOwnSizes() throws IOException {
    String image = root.resolve("in/ant/000.png").toString();
    assertThat(preview("--eval", "--arch", "inception_v3", image)).isZero();
    assertThat(read("out/000.png").width()).isEqualTo(299);
    assertThat(preview("--eval", "--arch", "resnet81", image)).isEqualTo(2);
    assertThat(err.toString()).contains("no architecture is named 'resnet81'");
    assertThat(preview("--eval", root.resolve("absent").toString())).isEqualTo(2);
    assertThat(err.toString()).contains("the image or folder does not exist");
  }

  private int preview(String... arguments) {
    String[] all =
        Stream.concat(
                Stream.of("preview", "--out", root.resolve("out").toString()),
                Arrays.stream(arguments))
            .toArray(String[]::new);
    return CommandTree.run(
        new TrainerMain(), new PrintWriter(out, true), new PrintWriter(err, true), all);
  }

  private RgbImage read(String name) throws IOException {
    return ImageDecoder.decode(Files.readAllBytes(root.resolve(name)), ImageLimits.DEFAULT);
  }

  private Stream<String> written() throws IOException {
    return Files.list(root.resolve("out")).map(p -> p.getFileName().toString()).sorted();
  }
}
