package dev.lapidary.core.manifest;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.lapidary.core.failure.ExitCode;
import dev.lapidary.core.failure.Failure;
import dev.lapidary.core.image.OnBadImage;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class LabelledFolderTest {
  @TempDir private Path root;

  /**
   * The layouts of torchvision, Keras, fastai, Ultralytics and common archives: always the classes
   * a and b, one image each in a part.
   */
  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      textBlock =
          """
          train, val                       |             | TRAIN VALIDATION
          train, valid                     |             | TRAIN VALIDATION
          training, validation             |             | TRAIN VALIDATION
          Train, Val                       |             | TRAIN VALIDATION
          train, VALIDATION                |             | TRAIN VALIDATION
          TRAIN, dev                       |             | TRAIN VALIDATION
          train, eval                      |             | TRAIN VALIDATION
          train, val, test                 |             | TRAIN VALIDATION
          train, test                      |             | TRAIN
          Train, Test                      |             | TRAIN
          training, testing                |             | TRAIN
          train                            |             | TRAIN
          dataset/train, dataset/val       | dataset     | TRAIN VALIDATION
          x/y/train, x/y/test              | x/y         | TRAIN
          images/train, images/val         | images      | TRAIN VALIDATION
          train/images, val/images         |             | TRAIN VALIDATION
          seg_train/seg_train, seg_test/seg_test |       | TRAIN
          training_set, test_set           |             | TRAIN
          train2017, val2017               |             | TRAIN VALIDATION
          .                                |             | ANY
          photos                           | photos      | ANY
          """)
  void layoutsThatToolsKnow(String parts, String base, String expected) throws IOException {
    for (String part : parts.split(", ")) {
      image(part + "/a/1.jpg");
      image(part + "/b/1.jpg");
    }
    Files.createDirectories(root.resolve("__MACOSX/" + parts.split(", ")[0]));
    LabelledFolder folder = read();
    assertThat(folder.classes()).containsExactly("a", "b");
    assertThat(folder.images().stream().map(i -> i.part().name()).distinct())
        .containsExactly(expected.split(" "));
    assertThat(folder.images()).hasSize(2 * expected.split(" ").length);
    assertThat(folder.root()).isEqualTo(base == null ? root : root.resolve(base));
    assertThat(folder.images()).allMatch(i -> Files.exists(folder.root().resolve(i.path())));
  }

  /** Names and order are those that a run's identity is made of. */
  @Test
  void pathsBeginWithThePart() throws IOException {
    images("train/b/1.jpg", "train/a/2.jpg", "train/a/1.jpg", "val/b/1.jpg", "val/a/1.jpg");
    assertThat(read().images())
        .extracting(LabelledFolder.Image::path)
        .containsExactly(
            "train/a/1.jpg", "train/a/2.jpg", "train/b/1.jpg", "val/a/1.jpg", "val/b/1.jpg");
  }

  @Test
  void whatIsLeftAloneIsSaid() throws IOException {
    images("in/Train/a/1.jpg", "in/Train/b/1.jpg", "in/valid/a/1.jpg", "in/val/a/1.jpg");
    images("in/test/a/1.jpg", "in/seg_pred/1.jpg");
    Path in = root.resolve("in");
    LabelledFolder folder = read();
    assertThat(folder.notes())
        .containsExactly(
            "[%s] read in %s".formatted(root, in),
            "[%s] left alone: neither a part nor a class".formatted(in.resolve("seg_pred")),
            "[%s] left alone: neither a part nor a class".formatted(in.resolve("valid")),
            "[%s] is for tests and left alone; name it with --test, or alone, to use it"
                .formatted(in.resolve("test")));
    assertThat(folder.images())
        .extracting(LabelledFolder.Image::path)
        .containsExactly("Train/a/1.jpg", "Train/b/1.jpg", "val/a/1.jpg");
  }

  @Test
  void testsTakeTheirPartOrElseAll() throws IOException {
    images("train/a/1.jpg", "train/b/1.jpg", "val/a/1.jpg", "Test/b/1.jpg", "Test/b/2.jpg");
    LabelledFolder test = LabelledFolder.readTest(root, List.of("a", "b"), OnBadImage.FAIL);
    assertThat(test.classes()).containsExactly("b");
    assertThat(test.images())
        .extracting(LabelledFolder.Image::path)
        .containsExactly("Test/b/1.jpg", "Test/b/2.jpg");
    Files.move(root.resolve("Test"), root.resolve("extra"));
    assertThat(read().images()).hasSize(3);
    assertThat(read().notes())
        .containsExactly(
            "[%s] left alone: neither a part nor a class".formatted(root.resolve("extra")));
  }

  @Test
  void withoutAPartForTestsAllImagesAreMeasuredAndSaid() throws IOException {
    images("train/a/1.jpg", "train/b/1.jpg", "val/a/1.jpg");
    LabelledFolder all = LabelledFolder.readTest(root, List.of(), OnBadImage.FAIL);
    assertThat(all.images()).hasSize(3);
    assertThat(all.notes())
        .containsExactly(
            "[%s] has no part for tests: all images are measured, those to train on too"
                .formatted(root));
  }

  /** Vehicles, laboratories: what lies in the folders tells that they are classes. */
  @ParameterizedTest
  @CsvSource({
    "'cat, dog, test', 1.jpg",
    "'car, test, train', 1.jpg",
    "'car, test, train', 2019/1.jpg",
    "'bus, train', 1.jpg",
    "'dev, house, val', x/1.jpg",
    "'freight train, passenger train', 1.jpg",
    "'test tube, train station', in/1.jpg",
  })
  void classesMayHaveTheNamesOfParts(String classes, String file) throws IOException {
    for (String name : classes.split(", ")) {
      image(name + "/" + file);
    }
    if (classes.equals("car, test, train") && file.contains("/")) {
      assertThatThrownBy(this::read)
          .hasMessageStartingWith("[%s] train could be a part or a class, as car beside it", root)
          .hasMessageEndingWith("or give a list (CSV)");
      return;
    }
    assertThat(read().classes()).containsExactly(classes.split(", "));
    assertThat(read().images()).allMatch(image -> image.part() == Part.ANY);
  }

  @Test
  void partsInsideOfClassesAreUsedAsSuch() throws IOException {
    images("a/train/1.jpg", "a/test/1.jpg", "b/train/1.jpg", "b/val/1.jpg");
    LabelledFolder folder = read();
    assertThat(folder.classes()).containsExactly("a", "b");
    assertThat(folder.images())
        .extracting(LabelledFolder.Image::part)
        .containsExactly(Part.TEST, Part.TRAIN, Part.TRAIN, Part.VALIDATION);
    assertThat(folder.notes())
        .containsExactly(
            "[%s] each class folder has the parts train, val or test in it: they are used as such"
                .formatted(root));
    image("b/other/1.jpg");
    assertThat(read().images()).allMatch(image -> image.part() == Part.ANY);
  }

  @Test
  void partsWithoutClassFoldersAreRefusedInWords() throws IOException {
    images("images/train/1.jpg", "images/val/1.jpg");
    Files.createDirectories(root.resolve("labels/train"));
    Files.writeString(root.resolve("labels/train/1.txt"), "0 0.5 0.5 1 1");
    refused(
        "[%s] train and val hold images but no class folders, so nothing says which class an image"
            + " is of; put them into a folder a class, as in train/cat, or name them in a list"
            + " (CSV) with path and label",
        root.resolve("images"));
  }

  @Test
  void anEmptyPartIsNotPassedOver() throws IOException {
    images("train/a/1.jpg", "train/b/1.jpg");
    Files.createDirectories(root.resolve("val"));
    refused(
        "[%s] expected one sub-folder a class with images in it but found no sub-folder",
        root.resolve("val"));
  }

  @Test
  void partsToMeasureWithAloneTrainNothing() throws IOException {
    images("test/a/1.jpg", "test/b/1.jpg");
    refused(
        "[%s] has test but no folder train to learn from; expected train beside it with one"
            + " sub-folder a class",
        root);
  }

  @Test
  void aClassThatOnlyThePartHasIsRefusedAndOneThatItLacksIsNot() throws IOException {
    images("train/a/1.jpg", "train/b/1.jpg", "val/b/1.jpg");
    assertThat(read().images()).extracting(LabelledFolder.Image::label).containsExactly(0, 1, 1);
    image("val/c/1.jpg");
    refused(
        "[%s] measuring needs the classes of training: missing [a], unknown [c]",
        root.resolve("val"));
  }

  @Test
  void theSameLettersAreTheSameClassInEitherFormOfUnicode() throws IOException {
    images("train/caf\u00e9/1.jpg", "train/tea/1.jpg", "val/cafe\u0301/1.jpg", "val/tea/1.jpg");
    LabelledFolder folder = read();
    assertThat(folder.classes()).containsExactly("caf\u00e9", "tea");
    assertThat(folder.images()).extracting(LabelledFolder.Image::label).containsExactly(0, 1, 0, 1);
    image("train/cafe\u0301/1.jpg");
    refused(
        "[%s] two class folders have the same name, caf\u00e9, in two forms of Unicode (NFC, NFD);"
            + " put their images into one",
        root.resolve("train"));
  }

  /** The only folder may be a class where a model knows one of that name. */
  @Test
  void aKnownClassIsNoFolderAroundClasses() throws IOException {
    images("cat/indoors/1.jpg", "cat/outdoors/1.jpg");
    assertThat(read().classes()).containsExactly("indoors", "outdoors");
    assertThat(LabelledFolder.readTest(root, List.of("cat", "dog"), OnBadImage.FAIL).classes())
        .containsExactly("cat");
  }

  private void refused(String message, Path place) {
    assertThatThrownBy(this::read)
        .isInstanceOfSatisfying(
            Failure.class, f -> assertThat(f.code()).isEqualTo(ExitCode.BAD_INPUT))
        .hasMessage(message, place);
  }

  private LabelledFolder read() {
    return LabelledFolder.read(root, List.of(), OnBadImage.FAIL);
  }

  private void images(String... names) throws IOException {
    for (String name : names) {
      image(name);
    }
  }

  private void image(String name) throws IOException {
    Path file = root.resolve(name).normalize();
    Files.createDirectories(file.getParent());
    Files.createFile(file);
  }
}
