package dev.lapidary.serve.cli;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.catchThrowable;

import dev.lapidary.core.failure.Failure;
import dev.lapidary.runtime.TinyModels;
import dev.lapidary.runtime.model.ModelLoader;
import dev.lapidary.runtime.model.ServedModel;
import dev.lapidary.serve.http.ReadModel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.concurrent.CopyOnWriteArrayList;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** What is read early is what would be read late. */
class EarlyReadTest {
  @TempDir Path folder;

  private final List<String> read = new CopyOnWriteArrayList<>();

  private ReadModel reader(Path file) {
    read.add(file.getFileName() + " by " + Thread.currentThread().getName());
    ServedModel model = ModelLoader.load(file, 1);
    return new ReadModel.OfImages(model);
  }

  @Test
  void theFirstWhoAsksGetsWhatWasReadEarlyAndTheNextReadsAgain() throws Exception {
    Path file = TinyModels.write(folder);
    try (EarlyRead early = new EarlyRead(file, this::reader);
        ReadModel first = early.read(file);
        ReadModel second = early.read(file)) {
      assertThat(first).isNotSameAs(second);
    }
    String name = String.valueOf(file.getFileName());
    assertThat(read)
        .containsExactly(
            name + " by lapidary-load", name + " by " + Thread.currentThread().getName());
  }

  @Test
  void aFileThatHasChangedSinceIsReadAgain() throws Exception {
    Path file = TinyModels.write(folder);
    byte[] bytes = Files.readAllBytes(file);
    try (EarlyRead early = new EarlyRead(file, this::reader)) {
      Files.delete(file);
      Files.write(folder.resolve("other"), bytes);
      Files.move(folder.resolve("other"), file);
      early.read(file).close();
      assertThat(read).anyMatch(line -> line.endsWith(Thread.currentThread().getName()));
    }
  }

  @Test
  void aFolderAndAMissingFileAreReadByWhoAsks() throws Exception {
    Path file = TinyModels.write(folder);
    try (EarlyRead early = new EarlyRead(folder, this::reader)) {
      early.read(file).close();
      assertThat(read).hasSize(1).noneMatch(line -> line.endsWith("lapidary-load"));
    }
    Path none = folder.resolve("none.onnx");
    try (EarlyRead early = new EarlyRead(none, this::reader)) {
      assertThatThrownBy(() -> early.read(none)).isInstanceOf(Failure.class);
    }
  }

  @Test
  void whatStandsInItsWayIsToldToWhoAsks() throws Exception {
    Path file = Files.write(folder.resolve("m.onnx"), "no ONNX".getBytes(UTF_8));
    String late = catchThrowable(() -> reader(file)).getMessage();
    try (EarlyRead early = new EarlyRead(file, this::reader)) {
      assertThatThrownBy(() -> early.read(file)).isInstanceOf(Failure.class).hasMessage(late);
    }
    new EarlyRead(file, this::reader).close(); // nobody asks
  }
}
