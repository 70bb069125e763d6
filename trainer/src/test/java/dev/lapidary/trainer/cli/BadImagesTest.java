package dev.lapidary.trainer.cli;

import static java.nio.charset.StandardCharsets.US_ASCII;
import static org.assertj.core.api.Assertions.assertThat;

import dev.lapidary.core.cli.CommandTree;
import dev.lapidary.trainer.data.PicturedFolder;
import java.io.IOException;
import java.io.PrintWriter;
import java.io.StringWriter;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/**
 * One rule and one message for images that cannot be read, in every command that takes a folder.
 */
class BadImagesTest {
  private final StringWriter out = new StringWriter();
  private final StringWriter err = new StringWriter();

  @TempDir private Path folder;

  private Path data;

  @BeforeEach
  void write() throws IOException {
    data = folder.resolve("data");
    PicturedFolder.fill(data, "ant", 4);
    PicturedFolder.fill(data, "bee", 4);
    Files.write(data.resolve("bee/new.HEIC"), heic());
    Files.writeString(data.resolve("ant/page.jpg"), "<html>404</html>");
    Files.writeString(data.resolve("ant/notes.txt"), "BMW, a car");
    Files.writeString(folder.resolve("labels"), "ant\nbee\n");
  }

  private static byte[] heic() {
    byte[] start = new byte[64];
    System.arraycopy("ftypheic".getBytes(US_ASCII), 0, start, 4, 8);
    start[3] = 24;
    return start;
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "plan --arch resnet20_cifar --batch-size 4 --data",
        "run --arch resnet20_cifar --batch-size 4 --epochs 1 --out OUT --data",
        "find-lr --arch resnet20_cifar --batch-size 4 --data",
        "evaluate MODEL --data",
        "features MODEL --out OUT.npz --data",
        "preview --crop 16 --rows 100 --out OUT",
      })
  void areRefusedInTheSameWordsOrLeftOut(String command) throws IOException {
    Path model = folder.resolve("m.pt");
    if (command.contains("MODEL")) {
      init(model);
      err.getBuffer().setLength(0);
    }
    String filled =
        command.replace("MODEL", model.toString()).replace("OUT", folder + "/out") + " %s";
    assertThat(run(filled, data)).isEqualTo(2);
    String prefix = command.startsWith("preview") ? data + "/" : "";
    String html =
        prefix + "ant/page.jpg: expected JPEG, PNG, WebP, BMP or GIF but found a file that";
    String heic =
        prefix + "bee/new.HEIC: expected JPEG, PNG, WebP, BMP or GIF but found HEIC (convert it)";
    assertThat(err.toString())
        .contains(
            "[%s] passed over, no images that are read: 1 .txt (ant/notes.txt)\n".formatted(data))
        .contains("error: [%s] 2 bad images (1 HEIC): ".formatted(data))
        .contains(html + " starts with 3c 68 74 6d; ")
        .contains(heic)
        .endsWith("; repair or remove them, or add --on-bad-image skip\n");
    assertThat(folder.resolve("out.npz")).doesNotExist();
    if (command.startsWith("run") || command.startsWith("find-lr")) {
      return; // the same plan as plan's
    }
    err.getBuffer().setLength(0);
    String again = command.startsWith("preview") ? " --force" : ""; // the good ones are there
    assertThat(run(filled + " --on-bad-image skip" + again, data)).isZero();
    assertThat(err.toString()).contains("left out: " + html).contains("left out: " + heic);
  }

  /** The only images that a class has are not measured with; the file is named, not the program. */
  @Test
  void aMissingFileOfAListIsOne() throws IOException {
    Path list = data.resolve("list.csv");
    Files.writeString(list, "path;label\nant/000.png;ant\nant/gone.png;ant\nbee/000.png;bee\n");
    Path model = folder.resolve("m.pt");
    init(model);
    assertThat(run("evaluate %s --data %s", model, list)).isEqualTo(2);
    assertThat(err.toString())
        .contains(
            "error: [%s] 1 bad image: ant/gone.png: there is no file %s; repair or remove them, or"
                    .formatted(list, data.resolve("ant/gone.png"))
                + " add --on-bad-image skip\n");
    assertThat(run("evaluate %s --data %s --on-bad-image skip", model, list)).isZero();
    assertThat(out.toString()).contains("images       2 of 2 classes");
  }

  private void init(Path model) {
    Path labels = folder.resolve("labels");
    assertThat(
            run("init --arch resnet20_cifar --input-size 16 --labels %s --out %s", labels, model))
        .isZero();
  }

  private int run(String format, Object... places) {
    List<String> arguments = new ArrayList<>();
    Arrays.stream(format.split(" ")).forEach(arguments::add);
    int at = 0;
    for (int i = 0; i < arguments.size(); i++) {
      if (arguments.get(i).equals("%s")) {
        arguments.set(i, places[at++].toString());
      }
    }
    return CommandTree.run(
        new TrainerMain(),
        new PrintWriter(out, true),
        new PrintWriter(err, true),
        arguments.toArray(String[]::new));
  }
}
