package dev.lapidary.core.file;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.lapidary.core.failure.Failure;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class AtomicFileTest {
  @TempDir Path folder;

  @Test
  void anErrorLeavesTheOldFileAndNothingElse() throws IOException {
    Path target = folder.resolve("model.onnx");
    Files.writeString(target, "old");
    assertThatThrownBy(
            () ->
                AtomicFile.write(
                    target,
                    temporary -> {
                      Files.writeString(temporary, "half");
                      throw new IOException("No space left on device");
                    }))
        .hasMessage("No space left on device");
    assertThat(target).hasContent("old");
    assertThat(folder).isDirectoryContaining("glob:**model.onnx");
    try (var files = Files.list(folder)) {
      assertThat(files).hasSize(1);
    }
  }

  @Test
  void replacesAndCreatesFolders() throws IOException {
    Path target = folder.resolve("a/b.txt");
    AtomicFile.write(target, temporary -> Files.writeString(temporary, "1"));
    AtomicFile.write(target, temporary -> Files.writeString(temporary, "2"));
    assertThat(target).hasContent("2");
  }

  @Test
  void refusesAnExistingOutputUnlessForced() throws IOException {
    Path target = Files.writeString(folder.resolve("x"), "");
    assertThatThrownBy(() -> AtomicFile.requireAbsent(target, false))
        .isInstanceOf(Failure.class)
        .hasMessage(target + " exists; choose another --out or add --force");
    AtomicFile.requireAbsent(target, true);
    AtomicFile.requireAbsent(folder.resolve("y"), false);
    assertThatThrownBy(() -> AtomicFile.requireAbsent(folder, true))
        .isInstanceOf(Failure.class)
        .hasMessage(folder + " is a folder; choose another --out");
  }
}
