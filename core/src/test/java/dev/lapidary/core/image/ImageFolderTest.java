package dev.lapidary.core.image;

import static java.nio.charset.StandardCharsets.ISO_8859_1;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.lapidary.core.failure.ExitCode;
import dev.lapidary.core.failure.Failure;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.HexFormat;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

class ImageFolderTest {
  @TempDir private Path root;

  @Test
  void classesAndFilesComeInTorchvisionsOrder() throws IOException {
    for (String file :
        new String[] {
          "class2/x.jpg",
          "class10/b/z.png",
          "class10/a.png",
          "class10/b-c/y.JPEG",
          "Zebra/1.png",
          "\u00e9t\u00e9/1.png",
          "class10/B.png",
          ".hidden/1.png",
          "class2/.thumb.png",
          "class2/notes.txt"
        }) {
      touch(file);
    }
    Files.write(root.resolve("class2/photo"), new byte[] {(byte) 0xff, (byte) 0xd8, (byte) 0xff});
    ImageFolder folder = ImageFolder.read(root, OnBadImage.FAIL);
    assertThat(folder.classes()).containsExactly("Zebra", "class10", "class2", "\u00e9t\u00e9");
    assertThat(folder.images())
        .extracting(ImageFolder.Image::path)
        .containsExactly(
            "Zebra/1.png",
            "class10/B.png",
            "class10/a.png",
            "class10/b/z.png",
            "class10/b-c/y.JPEG",
            "class2/photo",
            "class2/x.jpg",
            "\u00e9t\u00e9/1.png");
    assertThat(folder.images())
        .extracting(ImageFolder.Image::label)
        .containsExactly(0, 1, 1, 1, 1, 2, 2, 3);
  }

  @Test
  void whatIsMissingIsNamed() throws IOException {
    Path absent = root.resolve("absent");
    refuses(
        absent,
        "[%s] the folder does not exist; expected one sub-folder a class with images in it");
    Path file = root.resolve("file");
    Files.writeString(file, "");
    refuses(file, "[%s] expected a folder with one sub-folder a class but found a file");
    Path empty = Files.createDirectory(root.resolve("empty"));
    refuses(
        empty, "[%s] expected one sub-folder a class with images in it but found no sub-folder");
    Path bare = Files.createDirectories(empty.resolve("bare"));
    assertThatThrownBy(() -> ImageFolder.read(empty, OnBadImage.FAIL))
        .hasMessage(
            "[%s] the class folder has no images; add some, remove the folder, or add"
                + " --on-bad-image skip",
            bare);
  }

  @Test
  void whatIsNoImageIsCountedByKind() throws IOException {
    for (String file :
        new String[] {
          "a/1.jpg",
          "a/2.png",
          "b/1.gif",
          "a/.DS_Store",
          "a/._1.jpg",
          "a/Thumbs.db",
          "b/x.MOV",
          "b/y.txt",
          "b/sub/z.txt",
          "b/more.txt",
          "loose.jpg",
          "list.csv",
          "a/@eaDir/1.jpg/t.jpg",
          "__MACOSX/a/._1.jpg",
          ".ipynb_checkpoints/1.jpg",
          "b/film"
        }) {
      touch(file);
    }
    Files.write(root.resolve("b/film"), "\0\0\0\u0018ftypmp42\0\0\0\0".getBytes(ISO_8859_1));
    Files.writeString(root.resolve("b/notes"), "BMW built this car in 1936, they say.");
    Files.createSymbolicLink(root.resolve("b/gone"), root.resolve("nowhere"));
    Files.createSymbolicLink(root.resolve("b/gone.jpg"), root.resolve("nowhere"));
    Files.createSymbolicLink(root.resolve("b/round"), root.resolve("b"));
    ImageFolder folder = ImageFolder.read(root, OnBadImage.FAIL);
    assertThat(folder.classes()).containsExactly("a", "b");
    assertThat(folder.images())
        .extracting(ImageFolder.Image::path)
        .containsExactly("a/1.jpg", "a/2.png", "b/1.gif", "b/gone.jpg");
    assertThat(folder.notes())
        .singleElement()
        .satisfies(
            line ->
                assertThat(line)
                    .startsWith("[" + root + "] passed over, no images that are read: ")
                    .contains("1 .csv (list.csv)")
                    .contains("3 .txt (b/")
                    .contains("2 video (b/")
                    .contains("1 link to nothing (b/gone)")
                    .contains("1 link in a circle (b/round)")
                    .contains("1 of no known kind (b/notes)")
                    .contains("1 image outside of the class folders (loose.jpg)")
                    .contains("3 hidden or a system's file (")
                    .contains("3 hidden or a system's folder ("));
  }

  /** Of each the first bytes, under a name that says nothing, or an empty file of that name. */
  @ParameterizedTest
  @CsvSource({
    "HEIC, 00000018667479706865696300000000",
    "HEIC, 00000018667479706d69663100000000",
    "AVIF, 0000001c6674797061766966000000006d696631",
    "AVIF, 0000001c667479706d6966310000000061766966",
    "JPEG 2000, 0000000c6a5020200d0a870a",
    "JPEG 2000, ff4fff51002f0000",
    "JPEG XL, 0000000c4a584c200d0a870a",
    "TIFF, 49492a0008000000",
    "TIFF, 4d4d002a00000008",
    "camera RAW, 0000001866747970637278200000000163727820",
    "Photoshop, 38425053000100000000",
    "SVG, efbbbf3c737667207769647468",
  })
  void picturesOfOtherFormatsAreListedAndNamed(String format, String hex) throws IOException {
    byte[] start = HexFormat.of().parseHex(hex);
    Files.createDirectories(root.resolve("a"));
    Files.write(root.resolve("a/picture"), start);
    ImageFolder folder = ImageFolder.read(root, OnBadImage.FAIL);
    assertThat(folder.images()).extracting(ImageFolder.Image::path).containsExactly("a/picture");
    assertThatThrownBy(() -> ImageFile.read(root, "a/picture", ImageLimits.DEFAULT))
        .isInstanceOfSatisfying(
            UndecodableImage.class, e -> assertThat(e.format()).isEqualTo(format))
        .hasMessage("expected JPEG, PNG, WebP, BMP or GIF but found %s (convert it)", format);
  }

  @ParameterizedTest
  @ValueSource(
      strings = {"heic", "HEIF", "avif", "jp2", "jxl", "tiff", "svg", "dng", "CR2", "nef", "ppm"})
  void picturesOfOtherFormatsCountByTheirNames(String suffix) throws IOException {
    touch("a/1." + suffix);
    assertThat(ImageFolder.read(root, OnBadImage.FAIL).images()).hasSize(1);
  }

  @Test
  void aClassFolderWithoutImagesIsLeftOutIfBadImagesAre() throws IOException {
    touch("a/1.jpg");
    touch("b/readme.txt");
    assertThatThrownBy(() -> ImageFolder.read(root, OnBadImage.FAIL))
        .hasMessage(
            "[%s] the class folder has no images, only 1 .txt (b/readme.txt); add some, remove the"
                + " folder, or add --on-bad-image skip",
            root.resolve("b"));
    ImageFolder folder = ImageFolder.read(root, OnBadImage.SKIP);
    assertThat(folder.classes()).containsExactly("a");
    assertThat(folder.notes())
        .containsExactly(
            "[%s] left out: the class folder has no images, only 1 .txt (b/readme.txt)"
                .formatted(root.resolve("b")));
  }

  private void refuses(Path path, String message) {
    assertThatThrownBy(() -> ImageFolder.read(path, OnBadImage.FAIL))
        .isInstanceOfSatisfying(
            Failure.class, f -> assertThat(f.code()).isEqualTo(ExitCode.BAD_INPUT))
        .hasMessage(message, path);
  }

  private void touch(String name) throws IOException {
    Path file = root.resolve(name);
    Files.createDirectories(file.getParent());
    Files.createFile(file);
  }
}
