package dev.lapidary.exporter.cli;

import static org.assertj.core.api.Assertions.assertThat;

import dev.lapidary.core.Golden;
import dev.lapidary.exporter.testing.Archives;
import java.io.IOException;
import java.io.PrintWriter;
import java.io.StringWriter;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** {@code --calibration} and {@code --data}: folders and lists as people have them. */
class ImagesOfUsersTest {
  private static final String RULE =
      " --input=3x32x32 --resize=40 --crop=32 --mean=0.4,0.5,0.6 --std=0.2,0.3,0.4";

  @TempDir private Path folder;

  private Path images;
  private Path model;
  private Path archive;

  private record Run(int status, String out, String err) {}

  @BeforeEach
  void write() throws IOException {
    images = folder.resolve("images");
    copy("photo-420.jpg", "test/caf\u00e9/1.jpg");
    copy("rgb.png", "test/tea/1.png");
    copy("portrait.jpg", "train/caf\u00e9/2.jpg");
    copy("palette.png", "train/tea/2.png");
    Files.writeString(images.resolve("test/tea/notes.txt"), "BM is no image");
    Path labels = Files.writeString(folder.resolve("labels"), "tea\ncafe\u0301\n");
    model = folder.resolve("m.onnx");
    archive =
        Archives.of(
            folder,
            "  _0 = torch.relu(torch.conv2d(x, self.w, None, [2, 2], [1, 1], [1, 1], 1))\n"
                + "  return torch.linear(torch.mean(_0, [2, 3]), self.lin)\n",
            Map.of("w", Archives.weight("w", 8, 3, 3, 3), "lin", Archives.weight("lin", 2, 8)));
    assertThat(run("onnx " + archive + RULE + " --labels " + labels + " --out " + model).status())
        .isZero();
  }

  /**
   * The part for tests, its class in the other form of Unicode, and one message for a bad image.
   */
  @Test
  void verifyMeasuresWithFoldersAndLists() throws IOException {
    Run folders = run("verify " + model + " --data " + images + " --json");
    assertThat(folders.out()).contains("\"images\":2,");
    assertThat(folders.err())
        .contains("[%s] left alone: only the part for tests".formatted(images.resolve("train")))
        .contains("passed over, no images that are read: 1 .txt (tea/notes.txt)");
    Path list = images.resolve("list.csv");
    Files.writeString(
        list,
        "\ufefffilename;class;split\ntest\\caf\u00e9\\1.jpg;cafe\u0301;test\n"
            + "train/tea/2.png;tea;train\ntest/tea/1.png;tea;test\n");
    Run listed = run("verify " + model + " --data " + list + " --json");
    assertThat(listed.out().replaceFirst("\"p50.*", ""))
        .isEqualTo(folders.out().replaceFirst("\"p50.*", ""));
    Files.writeString(images.resolve("test/tea/bad.jpg"), "no image");
    Run bad = run("verify " + model + " --data " + images);
    assertThat(bad.status()).isEqualTo(2);
    assertThat(bad.err())
        .endsWith(
            ("error: [%s] 1 bad image: test/tea/bad.jpg: expected JPEG, PNG, WebP, BMP or GIF but"
                    + " found a file that starts with 6e 6f 20 69; repair or remove them, or add"
                    + " --on-bad-image skip%n")
                .formatted(images));
    Run skipped = run("verify " + model + " --data " + images + " --on-bad-image skip");
    assertThat(skipped.status()).isZero();
    assertThat(skipped.out()).contains("images: 2, accuracy");
    assertThat(skipped.err()).contains("left out: test/tea/bad.jpg: expected JPEG");
    Files.writeString(
        list, "path,label,split\ntest/tea/1.png,tea,val\ntrain/tea/2.png,tea,train\n");
    assertThat(run("verify " + model + " --data " + list).err())
        .contains(
            "[%s] has no part for tests: all images are measured, those to train on too"
                .formatted(list));
    Files.writeString(list, "path,label\ntest/tea/1.png,coffee\n");
    assertThat(run("verify " + model + " --data " + list).err())
        .contains(
            "[%s] 'coffee' is no label of the model; its labels are [tea, cafe".formatted(list));
  }

  @Test
  void calibrationRefusesABadImageBeforeTheWorkOrLeavesItOut() throws IOException {
    Files.write(images.resolve("train/tea/cut.png"), new byte[] {(byte) 0x89, 'P', 'N', 'G'});
    Path out = folder.resolve("q.onnx");
    String export = "onnx " + archive + RULE + " --out " + out + " --calibration " + images;
    for (String method : List.of("none", "int8")) {
      Run refused = run(export + " --quantize " + method);
      assertThat(refused.status()).isEqualTo(2);
      assertThat(refused.err())
          .contains("passed over, no images that are read: 1 .txt (test/tea/notes.txt)")
          .contains("error: [%s] 1 bad image: train/tea/cut.png: ".formatted(images))
          .endsWith("; repair or remove them, or add --on-bad-image skip\n");
      assertThat(out).doesNotExist();
    }
    Run exported = run(export + " --quantize int8 --on-bad-image skip");
    assertThat(exported.err()).contains("left out: train/tea/cut.png: ");
    assertThat(exported.status()).isZero();
  }

  private void copy(String golden, String to) throws IOException {
    Path file = images.resolve(to);
    Files.createDirectories(file.getParent());
    Files.copy(Golden.file("images/" + golden), file);
  }

  private static Run run(String arguments) {
    StringWriter out = new StringWriter();
    StringWriter err = new StringWriter();
    List<String> all = new ArrayList<>(Arrays.asList(arguments.split(" ")));
    int status =
        ExporterMain.run(
            new PrintWriter(out, true), new PrintWriter(err, true), all.toArray(String[]::new));
    return new Run(status, out.toString(), err.toString());
  }
}
