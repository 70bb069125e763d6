package dev.lapidary.core.image;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.lapidary.core.failure.ExitCode;
import dev.lapidary.core.failure.Failure;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

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
    ImageFolder folder = ImageFolder.read(root);
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
    assertThatThrownBy(() -> ImageFolder.read(empty))
        .hasMessage("[%s] the class folder has no images; add some, or remove the folder", bare);
  }

  private void refuses(Path path, String message) {
    assertThatThrownBy(() -> ImageFolder.read(path))
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
