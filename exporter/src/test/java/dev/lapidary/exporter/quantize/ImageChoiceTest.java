package dev.lapidary.exporter.quantize;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.lapidary.core.card.Activation;
import dev.lapidary.core.card.ModelCard;
import dev.lapidary.core.card.Scores;
import dev.lapidary.core.failure.ExitCode;
import dev.lapidary.core.failure.Failure;
import dev.lapidary.core.image.OnBadImage;
import dev.lapidary.core.image.Preprocessing;
import java.awt.image.BufferedImage;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.TreeMap;
import javax.imageio.ImageIO;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class ImageChoiceTest {
  @TempDir private Path folder;

  private final List<String> lines = new ArrayList<>();

  @Test
  void contentsAloneChooseWhateverFilesAreCalledAndWhereverTheyLie() throws IOException {
    Path flat = folder.resolve("flat");
    Path deep = folder.resolve("deep");
    for (int i = 0; i < 30; i++) {
      image(flat.resolve(i + ".png"), i);
      image(deep.resolve("%s/%d.png".formatted(i % 3 == 0 ? "cat" : "dog", 99 - i)), i);
    }
    ChosenImages one = choice(List.of("dog", "cat")).heldOut(flat, 12, 6);
    ChosenImages two = choice(List.of("dog", "cat")).heldOut(deep, 12, 6);
    assertThat(one.calibration().paths()).hasSize(12);
    assertThat(one.guard().paths()).hasSize(6);
    assertThat(contents(one.calibration())).isEqualTo(contents(two.calibration()));
    assertThat(contents(one.guard())).isEqualTo(contents(two.guard()));
    assertThat(one.calibration().paths()).doesNotContainAnyElementsOf(one.guard().paths());
    assertThat(one.labels()).isEmpty();
    assertThat(two.labels())
        .isEqualTo(
            two.guard().paths().stream()
                .map(path -> List.of(path.startsWith("cat") ? 1 : 0))
                .toList());
    assertThat(lines).isEmpty();
  }

  @Test
  void foldersThatAreNoClassesAreNoLabelsAndThatIsSaid() throws IOException {
    for (int i = 0; i < 8; i++) {
      image(folder.resolve("2019/" + i + ".png"), i);
    }
    assertThat(choice(List.of("cat", "dog")).heldOut(folder, 512, 512).labels()).isEmpty();
    assertThat(lines)
        .containsExactly(
            ("int8: [%s] folder '2019' is no class of the model: the answers are held to float32's,"
                    + " not to labels")
                .formatted(folder));
  }

  /** Files with the same bytes, and others with the same pixels, are one image. */
  @Test
  void copiesAreOneImageAndFewerThanFourAreRefused() throws IOException {
    image(folder.resolve("a.png"), 1);
    image(folder.resolve("b.png"), 2);
    image(folder.resolve("c.png"), 3);
    Files.copy(folder.resolve("a.png"), folder.resolve("d.png"));
    ImageIO.write(
        ImageIO.read(folder.resolve("b.png").toFile()), "bmp", folder.resolve("e.bmp").toFile());
    refused("needs at least 4 different images", "but found 3 and 2 copies; add images like");
    image(folder.resolve("f.png"), 4);
    ChosenImages four = choice(List.of()).heldOut(folder, 512, 512);
    assertThat(four.calibration().paths()).hasSize(3);
    assertThat(four.guard().paths()).hasSize(1);
  }

  @Test
  void noneAndOneAreRefused() throws IOException {
    refused("needs at least 4 different images", "but found 0; add images like");
    image(folder.resolve("a.png"), 1);
    refused("needs at least 4 different images", "but found 1; add images like");
  }

  @Test
  void aGuardOfItsOwnGetsNoImageThatIsCalibratedOn() throws IOException {
    Path calibration = folder.resolve("calibration");
    Path guard = folder.resolve("guard");
    for (int i = 0; i < 6; i++) {
      image(calibration.resolve(i + ".png"), i);
      image(guard.resolve((i < 4 ? "dog/" : "cat/") + i + ".png"), i + 4);
    }
    ChosenImages chosen = choice(List.of("dog", "cat")).apart(calibration, 512, guard, 512);
    assertThat(chosen.calibration().paths()).hasSize(6);
    assertThat(chosen.guard().root()).isEqualTo(guard);
    assertThat(chosen.guard().paths())
        .containsExactlyInAnyOrder("dog/2.png", "dog/3.png", "cat/4.png", "cat/5.png");
    assertThatThrownBy(() -> choice(List.of()).apart(calibration, 512, calibration, 512))
        .isInstanceOf(Failure.class)
        .hasMessageContaining("--guard needs images that --calibration does not have")
        .hasMessageContaining("found none: 6 copies");
  }

  @Test
  void aListGivesLabels() throws IOException {
    for (int i = 0; i < 4; i++) {
      image(folder.resolve("calibration/" + i + ".png"), i);
      image(folder.resolve("guard/" + i + ".png"), i + 10);
    }
    Path list = folder.resolve("guard/list.csv");
    Files.writeString(list, "path,label\n0.png,cat\n1.png,dog\n2.png,cat\n3.png,dog\n");
    ChosenImages chosen =
        choice(List.of("dog", "cat")).apart(folder.resolve("calibration"), 512, list, 512);
    assertThat(chosen.guard().paths()).hasSize(4);
    for (int i = 0; i < 4; i++) {
      int number = chosen.guard().paths().get(i).charAt(0) - '0';
      assertThat(chosen.labels().get(i)).containsExactly(number % 2 == 0 ? 1 : 0);
    }
    Files.writeString(list, "path,label\n0.png,bird\n");
    assertThatThrownBy(
            () ->
                choice(List.of("dog", "cat")).apart(folder.resolve("calibration"), 512, list, 512))
        .hasMessageContaining("'bird' is no label of the model");
  }

  @Test
  void unreadableOnesAreNamedOrOthersTakeTheirPlace() throws IOException {
    for (int i = 0; i < 8; i++) {
      image(folder.resolve(i + ".png"), i);
    }
    Files.writeString(folder.resolve("broken.jpg"), "no image");
    assertThatThrownBy(() -> choice(List.of()).heldOut(folder, 512, 512))
        .isInstanceOf(Failure.class)
        .hasMessageContaining("1 bad image: broken.jpg");
    ChosenImages chosen =
        new ImageChoice(card(List.of()), OnBadImage.SKIP, lines::add).heldOut(folder, 6, 2);
    assertThat(chosen.calibration().paths()).hasSize(6);
    assertThat(chosen.guard().paths()).hasSize(2);
  }

  private void refused(String... words) {
    assertThatThrownBy(() -> choice(List.of()).heldOut(folder, 512, 512))
        .isInstanceOfSatisfying(
            Failure.class, f -> assertThat(f.code()).isEqualTo(ExitCode.BAD_INPUT))
        .hasMessageContainingAll(words);
  }

  private ImageChoice choice(List<String> labels) {
    return new ImageChoice(card(labels), OnBadImage.FAIL, lines::add);
  }

  private static ModelCard card(List<String> labels) {
    return new ModelCard(
        "small",
        "1",
        "small",
        labels,
        Activation.SOFTMAX,
        Scores.LOGITS,
        new ModelCard.Input("input", "NCHW", 3, 4, 4, "float32"),
        Optional.of(Preprocessing.imageNet(4, 4)),
        Optional.empty(),
        new TreeMap<>(),
        ModelCard.Provenance.UNKNOWN,
        Optional.empty(),
        Optional.empty(),
        List.of());
  }

  private static Set<String> contents(ChosenImages.Selection place) throws IOException {
    Set<String> contents = new HashSet<>();
    for (String path : place.paths()) {
      BufferedImage image = ImageIO.read(place.root().resolve(path).toFile());
      contents.add(Integer.toHexString(image.getRGB(0, 0)));
    }
    return contents;
  }

  private static void image(Path file, int colour) throws IOException {
    Files.createDirectories(file.getParent());
    BufferedImage image = new BufferedImage(4, 4, BufferedImage.TYPE_INT_RGB);
    for (int i = 0; i < 16; i++) {
      image.setRGB(i % 4, i / 4, 0x123456 * (colour + 1));
    }
    ImageIO.write(image, "png", file.toFile());
  }
}
