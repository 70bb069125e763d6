package dev.lapidary.trainer.data;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.lapidary.core.failure.ExitCode;
import dev.lapidary.core.failure.Failure;
import dev.lapidary.core.image.Background;
import dev.lapidary.core.image.ImageLimits;
import dev.lapidary.core.image.OnBadImage;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.OutputStream;
import java.io.RandomAccessFile;
import java.nio.ByteBuffer;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.stream.Collectors;
import java.util.zip.GZIPOutputStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class TrainingDataTest {
  @TempDir private Path root;

  @Test
  void aPartOfEachClassIsHeldOut() {
    PicturedFolder.fill(root, "ant", 10);
    PicturedFolder.fill(root, "bee", 20);
    TrainingData data = open(root, Optional.empty(), OnBadImage.FAIL);
    assertThat(data.train().counts()).containsExactly(8, 16);
    assertThat(data.validation().counts()).containsExactly(2, 4);
    assertThat(data.train().labels()).containsExactly("ant", "bee");
    Set<Sample> both = new HashSet<>(data.train().samples());
    both.addAll(data.validation().samples());
    assertThat(both).hasSize(30);
    assertThat(open(root, Optional.empty(), OnBadImage.FAIL)).isEqualTo(data);
  }

  /** The hash of a name decides, so new images move no old one but for the counts. */
  @Test
  void newImagesLeaveMostOfTheOthersWhereTheyWere() {
    PicturedFolder.fill(root, "ant", 50);
    PicturedFolder.fill(root, "bee", 50);
    Set<Sample> before =
        new HashSet<>(open(root, Optional.empty(), OnBadImage.FAIL).validation().samples());
    PicturedFolder.fill(root, "ant", 55);
    Set<Sample> after =
        new HashSet<>(open(root, Optional.empty(), OnBadImage.FAIL).validation().samples());
    before.removeAll(after);
    assertThat(before).hasSizeLessThan(6);
  }

  @Test
  void allBadImagesAreNamedOrLeftOut() throws IOException {
    PicturedFolder.fill(root, "ant", 6);
    PicturedFolder.fill(root, "bee", 6);
    Files.writeString(root.resolve("ant/zz.jpg"), "no image");
    Files.write(root.resolve("bee/cut.png"), cut(root.resolve("bee/001.png")));
    assertThatThrownBy(() -> open(root, Optional.empty(), OnBadImage.FAIL))
        .isInstanceOfSatisfying(
            Failure.class, f -> assertThat(f.code()).isEqualTo(ExitCode.BAD_INPUT))
        .hasMessageStartingWith("[" + root + "] 2 bad images: ")
        .hasMessageContaining(
            "ant/zz.jpg: expected JPEG, PNG, WebP, BMP or GIF but found a file that")
        .hasMessageContaining("bee/cut.png: truncated PNG: the file ends at byte 100 without")
        .hasMessageEndingWith("repair or remove them, or add --on-bad-image skip");
    TrainingData data = open(root, Optional.empty(), OnBadImage.SKIP);
    assertThat(data.skipped()).hasSize(2);
    assertThat(data.train().size() + data.validation().size()).isEqualTo(12);
  }

  /** 64 MiB and a byte, of which nothing is on the disk, nor in memory. */
  @Test
  void aFileOverTheLimitIsNotRead() throws IOException {
    PicturedFolder.fill(root, "ant", 3);
    PicturedFolder.fill(root, "bee", 3);
    try (RandomAccessFile file =
        new RandomAccessFile(root.resolve("ant/film.jpg").toFile(), "rw")) {
      file.setLength((64 << 20) + 1);
    }
    assertThatThrownBy(() -> open(root, Optional.empty(), OnBadImage.FAIL))
        .isInstanceOf(Failure.class)
        .hasMessageContaining("ant/film.jpg: 67108865 bytes, more than the limit of 67108864");
  }

  @Test
  void imagesInBothPartsAreReported() throws IOException {
    PicturedFolder.fill(root.resolve("t"), "ant", 3);
    PicturedFolder.fill(root.resolve("t"), "bee", 3);
    PicturedFolder.fill(root.resolve("v"), "bee", 2);
    PicturedFolder.write(root.resolve("v/ant/copy.png"), -4711);
    Files.copy(root.resolve("t/ant/002.png"), root.resolve("v/ant/other.png"));
    TrainingData data = open(root.resolve("t"), Optional.of(root.resolve("v")), OnBadImage.FAIL);
    assertThat(data.duplicates())
        .containsExactly(
            "ant/002.png = ant/other.png",
            "bee/000.png = bee/000.png",
            "bee/001.png = bee/001.png");
  }

  @Test
  void validationOfOtherClassesIsRefused() {
    PicturedFolder.fill(root.resolve("t"), "ant", 2);
    PicturedFolder.fill(root.resolve("t"), "bee", 2);
    PicturedFolder.fill(root.resolve("v"), "bee", 2);
    PicturedFolder.fill(root.resolve("v"), "cow", 2);
    Path val = root.resolve("v");
    assertThatThrownBy(() -> open(root.resolve("t"), Optional.of(val), OnBadImage.FAIL))
        .hasMessage(
            "[%s] measuring needs the classes of training: missing [ant], unknown [cow]", val);
  }

  @Test
  void validationMayLackAClassAndSaysSo() throws IOException {
    PicturedFolder.fill(root.resolve("t"), "ant", 2);
    PicturedFolder.fill(root.resolve("t"), "bee", 2);
    PicturedFolder.fill(root.resolve("v"), "bee", 2);
    List<String> notes = new ArrayList<>();
    Path list = root.resolve("list.csv");
    TrainingData folders =
        TrainingData.open(source(root.resolve("t"), Optional.of(root.resolve("v"))), notes::add);
    assertThat(folders.test().orElseThrow().labels()).containsExactly("ant", "bee");
    assertThat(folders.test().orElseThrow().counts()).containsExactly(0, 2);
    Files.writeString(
        list,
        """
        path,label,split
        t/ant/000.png,ant,train
        t/bee/000.png,bee,train
        t/ant/001.png,ant,val
        """);
    notes.clear();
    TrainingData data = TrainingData.open(source(list, Optional.empty()), notes::add);
    assertThat(data.validation().counts()).containsExactly(1, 0);
    assertThat(notes)
        .containsExactly(
            "warning: no validation image is of bee, so nothing tells how well it is learned");
    Files.writeString(list, "path,label,split\nt/ant/000.png,ant,train\nt/bee/000.png,bee,val\n");
    assertThatThrownBy(() -> TrainingData.open(source(list, Optional.empty()), notes::add))
        .hasMessage(
            "[%s] class bee has no image to train on; give it some, or take the class out", list);
    Files.writeString(list, "path,label\nt/ant/000.png,ant\nt/ant/001.png,ant\n");
    assertThatThrownBy(() -> TrainingData.open(source(list, Optional.empty()), notes::add))
        .hasMessage("[%s] expected images of at least two classes but found 1: [ant]", list);
  }

  @Test
  void aPartForTestsInAFolderIsLeftAlone() {
    for (String part : List.of("train", "Test")) {
      PicturedFolder.fill(root.resolve(part), "ant", part.length());
      PicturedFolder.fill(root.resolve(part), "bee", part.length());
    }
    List<String> notes = new ArrayList<>();
    TrainingData data = TrainingData.open(source(root, Optional.empty()), notes::add);
    assertThat(data.train().counts()).containsExactly(4, 4);
    assertThat(data.validation().counts()).containsExactly(1, 1);
    assertThat(notes)
        .containsExactly(
            "[%s] is for tests and left alone; name it with --test, or alone, to use it"
                .formatted(root.resolve("Test")));
    TrainingData tested = TrainingData.open(source(root, Optional.of(root)), notes::add);
    assertThat(tested.test().orElseThrow().counts()).containsExactly(4, 4);
    assertThat(tested.test().orElseThrow().samples().get(0).name()).isEqualTo("Test/ant/000.png");
  }

  @Test
  void aClassThatCannotBeSplitIsNamed() {
    PicturedFolder.fill(root, "ant", 1);
    PicturedFolder.fill(root, "bee", 9);
    assertThatThrownBy(() -> open(root, Optional.empty(), OnBadImage.FAIL))
        .hasMessageStartingWith(
            "class ant cannot be split: it has 1 image, and training and validation need one each;");
  }

  @Test
  void theManifestsHashDependsOnContentsNamesAndPartsAlone() {
    PicturedFolder.fill(root.resolve("a"), "ant", 4);
    PicturedFolder.fill(root.resolve("a"), "bee", 4);
    PicturedFolder.fill(root.resolve("elsewhere"), "ant", 4);
    PicturedFolder.fill(root.resolve("elsewhere"), "bee", 4);
    String hash = open(root.resolve("a"), Optional.empty(), OnBadImage.FAIL).manifestSha256();
    assertThat(open(root.resolve("elsewhere"), Optional.empty(), OnBadImage.FAIL).manifestSha256())
        .isEqualTo(hash)
        .hasSize(64);
    PicturedFolder.write(root.resolve("a/ant/000.png"), 5);
    assertThat(open(root.resolve("a"), Optional.empty(), OnBadImage.FAIL).manifestSha256())
        .isNotEqualTo(hash);
  }

  @Test
  void foldersNamedTrainAndValDivideTheData() {
    PicturedFolder.fill(root.resolve("train"), "ant", 4);
    PicturedFolder.fill(root.resolve("train"), "bee", 4);
    PicturedFolder.fill(root.resolve("val"), "ant", 1);
    PicturedFolder.fill(root.resolve("val"), "bee", 2);
    TrainingData data = open(root, Optional.empty(), OnBadImage.FAIL);
    assertThat(data.train().counts()).containsExactly(4, 4);
    assertThat(data.validation().counts()).containsExactly(1, 2);
    assertThat(data.validation().samples().get(0).name()).isEqualTo("val/ant/000.png");
  }

  @Test
  void csvAndJsonlListImagesPartsAndGroups() throws IOException {
    PicturedFolder.fill(root, "p", 6);
    Files.writeString(
        root.resolve("list.csv"),
        """
        note,path,label,split
        "a ""quoted"", note",p/000.png,zebra,train
        ,p/001.png,ant,train
        ,p/002.png,zebra,val
        ,p/003.png,ant,val
        ,p/004.png,ant,test
        """);
    TrainingData data = open(root.resolve("list.csv"), Optional.empty(), OnBadImage.FAIL);
    assertThat(data.train().labels()).containsExactly("ant", "zebra");
    assertThat(data.train().samples())
        .extracting(Sample::name)
        .containsExactly("p/000.png", "p/001.png");
    assertThat(data.validation().samples()).extracting(Sample::label).containsExactly(1, 0);
    Files.writeString(
        root.resolve("list.jsonl"),
        """
        {"file_name":"p/000.png","label":"a","group":"g1"}
        {"file_name":"p/001.png","label":"b","group":"g1"}
        {"file_name":"p/002.png","label":"a","group":"g2"}
        {"file_name":"p/003.png","label":"b","group":"g2"}
        {"file_name":"p/004.png","label":"a","group":"g2"}
        """);
    TrainingData grouped = open(root.resolve("list.jsonl"), Optional.empty(), OnBadImage.FAIL);
    for (Dataset part : List.of(grouped.train(), grouped.validation())) {
      assertThat(part.samples().stream().map(Sample::group).distinct()).hasSize(1);
    }
  }

  @Test
  void aPartForTestsIsNeitherTrainedOnNorChosenBy() throws IOException {
    PicturedFolder.fill(root, "p", 9);
    StringBuilder list = new StringBuilder("path,label,split\n");
    for (int i = 0; i < 9; i++) {
      String part = i < 2 ? "test" : i < 4 ? "unused" : "";
      list.append("p/%03d.png,%s,%s\n".formatted(i, i % 2 == 0 ? "even" : "odd", part));
    }
    Path file = root.resolve("list.csv");
    Files.writeString(file, list);
    TrainingData data = TrainingData.open(source(file, Optional.of(file)), note -> {});
    assertThat(data.train().size() + data.validation().size()).isEqualTo(5);
    assertThat(data.test().orElseThrow().samples())
        .extracting(Sample::name)
        .containsExactly("p/000.png", "p/001.png");
    assertThat(data.duplicates()).isEmpty();
    assertThat(TrainingData.open(source(file, Optional.empty()), note -> {}).test()).isEmpty();
  }

  @Test
  void aTestSetWithTrainingImagesInItIsReported() {
    PicturedFolder.fill(root, "ant", 5);
    PicturedFolder.fill(root, "bee", 5);
    TrainingData data = TrainingData.open(source(root, Optional.of(root)), note -> {});
    assertThat(data.test().orElseThrow().size()).isEqualTo(10);
    assertThat(data.duplicates()).hasSize(8).contains("ant/000.png = ant/000.png");
    String without = TrainingData.open(source(root, Optional.empty()), note -> {}).manifestSha256();
    assertThat(data.manifestSha256()).isNotEqualTo(without);
  }

  @Test
  void idxTestFilesAreTestedOnIfAskedForAndElseValidatedOn() throws IOException {
    idx("train-images-idx3-ubyte", 3, 9, 2, 3);
    idx("train-labels-idx1-ubyte", 1, 9);
    idx("t10k-images-idx3-ubyte", 3, 3, 2, 3);
    idx("t10k-labels-idx1-ubyte", 1, 3);
    TrainingData tested = TrainingData.open(source(root, Optional.of(root)), note -> {});
    assertThat(tested.test().orElseThrow().size()).isEqualTo(3);
    assertThat(tested.train().size() + tested.validation().size()).isEqualTo(9);
    TrainingData validated = TrainingData.open(source(root, Optional.empty()), note -> {});
    assertThat(validated.validation().size()).isEqualTo(3);
    assertThat(validated.sizes()).containsExactly(Map.entry(new Scan.Size(3, 2), 9));
  }

  /** Ten pictures a patient: 000 to 009 are of the first, in either class. */
  @Test
  void imagesWithTheSameFindInTheirNamesAreNotSplit() {
    PicturedFolder.fill(root, "ill", 50);
    PicturedFolder.fill(root, "well", 50);
    TrainingData data = TrainingData.open(grouped("(.*/\\d\\d)\\d"), note -> {});
    assertThat(data.validation().counts()).containsExactly(10, 10);
    assertThat(groups(data.train()))
        .hasSize(8)
        .doesNotContainAnyElementsOf(groups(data.validation()));
    TrainingData whole = TrainingData.open(grouped("/\\d\\d"), note -> {});
    assertThat(groups(whole.train()))
        .hasSize(4)
        .doesNotContainAnyElementsOf(groups(whole.validation()));
    assertThatThrownBy(() -> TrainingData.open(grouped("00(4)"), note -> {}))
        .hasMessage(
            "[%s] ill/000.png has no group: '00(4)' finds nothing in that name; each image needs"
                + " one",
            root);
  }

  /** A fifth of six is one, but each patient has two: one patient is held out all the same. */
  @Test
  void groupsLargerThanTheirShareAreStillSplit() {
    for (int patient = 0; patient < 3; patient++) {
      for (String label : new String[] {"ill", "well"}) {
        for (int i = 0; i < 2; i++) {
          Path file = root.resolve("%s/%d-%d.png".formatted(label, patient, i));
          PicturedFolder.write(file, 10 * patient + 3 * i + label.length());
        }
      }
    }
    TrainingData data = TrainingData.open(grouped("/(\\d)-"), note -> {});
    assertThat(data.validation().counts()).containsExactly(2, 2);
    assertThat(data.train().counts()).containsExactly(4, 4);
    assertThat(groups(data.train()))
        .hasSize(2)
        .doesNotContainAnyElementsOf(groups(data.validation()));
  }

  private TrainingData.Source grouped(String expression) {
    return new TrainingData.Source(
        root,
        Optional.empty(),
        Optional.empty(),
        DataFormat.FOLDER,
        0.2,
        Optional.of(expression),
        1,
        OnBadImage.FAIL,
        ImageLimits.DEFAULT,
        2);
  }

  /** A list whose rows have a part for some only: the others are trained on. */
  @Test
  void partsOfAListAreKeptWhateverIsNamedBeside() throws IOException {
    PicturedFolder.fill(root, "p", 6);
    Path file = root.resolve("list.csv");
    Files.writeString(
        file,
        """
        path,label,split
        p/000.png,x,
        p/001.png,y,train
        p/002.png,x,val
        p/003.png,y,val
        p/004.png,x,test
        p/005.png,y,draft
        """);
    TrainingData data = open(file, Optional.empty(), OnBadImage.FAIL);
    assertThat(data.train().samples())
        .extracting(Sample::name)
        .containsExactly("p/000.png", "p/001.png");
    assertThat(data.validation().samples())
        .extracting(Sample::name)
        .containsExactly("p/002.png", "p/003.png");
    TrainingData named = open(file, Optional.of(file), OnBadImage.FAIL);
    assertThat(named.train().samples()).isEqualTo(data.train().samples());
    assertThat(named.validation().samples()).isEqualTo(data.validation().samples());
  }

  /** Each label's fifth is held out, and of the images without any; the rarest stays. */
  @Test
  void multiLabelDataAreSplitLabelByLabel() throws IOException {
    StringBuilder list = new StringBuilder("path,labels,group\n");
    for (int i = 0; i < 100; i++) {
      PicturedFolder.write(root.resolve(i + ".png"), i);
      String labels =
          (i % 2 == 0 ? "common|" : "") + (i % 5 == 1 ? "some|" : "") + (i == 50 ? "rare|" : "");
      list.append("%d.png,%s,%s\n".formatted(i, labels, i % 10 < 2 ? "g" + i / 10 : ""));
    }
    Path file = root.resolve("list.csv");
    Files.writeString(file, list);
    TrainingData data = open(file, Optional.empty(), OnBadImage.FAIL);
    assertThat(data.train().task()).isEqualTo(Task.MULTI_LABEL);
    assertThat(data.train().labels()).containsExactly("common", "rare", "some");
    assertThat(data.train().size() + data.validation().size()).isEqualTo(100);
    // A fifth of 50, 1 and 20 labels, of 100 images and of the 40 without any; one more or less.
    assertThat(data.validation().counts().get(0)).isBetween(9, 11);
    assertThat(data.validation().counts().get(1)).isZero();
    assertThat(data.validation().counts().get(2)).isBetween(3, 5);
    assertThat(data.validation().size()).isBetween(18, 22);
    assertThat(data.validation().samples().stream().filter(s -> s.labels().isEmpty()).count())
        .isBetween(7L, 9L);
    Set<String> held = groups(data.validation());
    assertThat(groups(data.train())).doesNotContainAnyElementsOf(held);
    TrainingData again = open(file, Optional.empty(), OnBadImage.FAIL);
    assertThat(again.validation().samples()).isEqualTo(data.validation().samples());
    assertThat(again.manifestSha256()).isEqualTo(data.manifestSha256());
    Files.writeString(file, list.toString().replace("3.png,", "3.png,rare|"));
    assertThat(open(file, Optional.empty(), OnBadImage.FAIL).manifestSha256())
        .isNotEqualTo(data.manifestSha256());
    assertThat(data.train().targets(0, 1)).hasSize(6).containsOnly(0, 1);
  }

  private static Set<String> groups(Dataset data) {
    return data.samples().stream().map(Sample::group).collect(Collectors.toSet());
  }

  @Test
  void aBadListIsNamedByLine() throws IOException {
    Files.writeString(root.resolve("list.csv"), "path,label\na.png,x\nb.png,\n");
    assertThatThrownBy(() -> DataFormat.AUTO.read(root.resolve("list.csv"), PicturedFolder.READING))
        .hasMessage(
            "[%s] image 2 has no label; expected at least path and label",
            root.resolve("list.csv"));
    Files.writeString(root.resolve("list.jsonl"), "{\"path\":\"a\",\"label\":\"x\"}\n{\"path\"\n");
    assertThatThrownBy(
            () -> DataFormat.AUTO.read(root.resolve("list.jsonl"), PicturedFolder.READING))
        .isInstanceOf(Failure.class)
        .hasMessageStartingWith("[" + root.resolve("list.jsonl") + "] line ");
  }

  @Test
  void idxFilesAreReadGzippedOrNot() throws IOException {
    idx("train-images-idx3-ubyte.gz", 3, 6, 2, 3);
    idx("train-labels-idx1-ubyte.gz", 1, 6);
    idx("t10k-images-idx3-ubyte", 3, 3, 2, 3);
    idx("t10k-labels-idx1-ubyte", 1, 3);
    TrainingData data = open(root, Optional.empty(), OnBadImage.FAIL);
    assertThat(data.train().labels()).containsExactly("0", "1", "2");
    assertThat(data.train().size()).isEqualTo(6);
    assertThat(data.validation().size()).isEqualTo(3);
    var image = data.train().pictures().image(data.train().samples().get(1), Background.BLACK);
    assertThat(image.width()).isEqualTo(3);
    assertThat(image.height()).isEqualTo(2);
    assertThat(image.at(2, 1, 1)).isEqualTo(11 % 3);
    idx("train-labels-idx1-ubyte.gz", 1, 5);
    assertThatThrownBy(() -> open(root, Optional.empty(), OnBadImage.FAIL))
        .hasMessage("[%s] has 5 labels for 6 images", root.resolve("train-labels-idx1-ubyte.gz"));
    Files.write(root.resolve("t10k-images-idx3-ubyte"), new byte[] {0, 0, 8, 3, 0, 0});
    assertThatThrownBy(
            () ->
                DataFormat.IDX.read(root.resolve("t10k-images-idx3-ubyte"), PicturedFolder.READING))
        .hasMessageEndingWith("truncated IDX: it ends within its header");
  }

  /** Values count up modulo 3. */
  private void idx(String name, int rank, int... sizes) throws IOException {
    ByteArrayOutputStream bytes = new ByteArrayOutputStream();
    bytes.writeBytes(new byte[] {0, 0, 8, (byte) rank});
    int count = 1;
    for (int size : sizes) {
      bytes.writeBytes(ByteBuffer.allocate(4).putInt(size).array());
      count *= size;
    }
    for (int i = 0; i < count; i++) {
      bytes.write(i % 3);
    }
    try (OutputStream out = Files.newOutputStream(root.resolve(name))) {
      OutputStream to = name.endsWith(".gz") ? new GZIPOutputStream(out) : out;
      to.write(bytes.toByteArray());
      to.close();
    }
  }

  private static byte[] cut(Path file) throws IOException {
    return Arrays.copyOf(Files.readAllBytes(file), 100);
  }

  private static TrainingData.Source source(Path train, Optional<Path> test) {
    return source(train, Optional.empty(), test, OnBadImage.FAIL);
  }

  private static TrainingData open(Path train, Optional<Path> val, OnBadImage onBadImage) {
    return TrainingData.open(source(train, val, Optional.empty(), onBadImage), note -> {});
  }

  private static TrainingData.Source source(
      Path train, Optional<Path> val, Optional<Path> test, OnBadImage onBadImage) {
    return new TrainingData.Source(
        train,
        val,
        test,
        DataFormat.AUTO,
        0.2,
        Optional.empty(),
        1,
        onBadImage,
        ImageLimits.DEFAULT,
        2);
  }
}
