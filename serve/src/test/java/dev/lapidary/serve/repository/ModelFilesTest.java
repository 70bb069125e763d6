package dev.lapidary.serve.repository;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.lapidary.core.failure.Failure;
import dev.lapidary.serve.repository.ModelFiles.Change;
import dev.lapidary.serve.repository.ModelFiles.What;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Optional;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Folders of files whose text is the model: {@code broken}, {@code refused}, or any other. */
class ModelFilesTest {
  @TempDir Path root;
  private final ModelRepository<Text> repository = new ModelRepository<>();

  private record Text(String text) implements AutoCloseable {
    @Override
    public void close() {}
  }

  private record Opened(String text) implements ModelOpener.Opened<Text> {
    @Override
    public Optional<String> name() {
      return Optional.of("Card Name");
    }

    @Override
    public Optional<String> version() {
      return Optional.of("7");
    }

    @Override
    public Text ready(ModelId id) throws LoadFailed {
      if (text.startsWith("refused")) {
        throw new LoadFailed("golden_check_failed", "it differs");
      }
      return new Text(text);
    }
  }

  private static Opened open(Path file) {
    try {
      String text = Files.readString(file, UTF_8);
      if (text.startsWith("broken")) {
        throw Failure.badInput("[%s] it is no model", file.getFileName());
      }
      return new Opened(text);
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  private ModelFiles<Text> files(Path path, boolean all) {
    return new ModelFiles<>(path, all, repository, ModelFilesTest::open);
  }

  private Path write(String path, String text) throws IOException {
    Path file = root.resolve(path);
    Files.createDirectories(file.getParent());
    return Files.writeString(file, text, UTF_8);
  }

  private String answer(String name, String... version) throws ModelUnavailable {
    try (Lease<Text> lease = repository.lease(name, List.of(version).stream().findFirst())) {
      return lease.id().version() + ":" + lease.model().text();
    }
  }

  private static Change change(String name, String version, What what, String reason) {
    return new Change(new ModelId(name, version), what, reason);
  }

  @Test
  void aSingleFileIsCalledAsItsCardSays() throws Exception {
    Path file = write("model.onnx", "a");
    assertThat(files(file, false).refresh())
        .containsExactly(change("Card-Name", "7", What.LOADED, ""));
    assertThat(answer("Card-Name")).isEqualTo("7:a");
    assertThat(files(root, false).refresh()) // a folder with one file is that file
        .containsExactly(change("Card-Name", "7", What.LOADED, ""));
  }

  @Test
  void aFolderHasModelsInThreeForms() throws Exception {
    write("hats.onnx", "hats");
    write("shoes/any.onnx", "shoes");
    write("coats/1/model.onnx", "first");
    write("coats/10/model.onnx", "tenth");
    write("notes/read.txt", "no model");
    write(".git/x.onnx", "hidden");
    assertThat(files(root, false).refresh())
        .containsExactly(
            change("coats", "10", What.LOADED, ""),
            change("hats", "7", What.LOADED, ""),
            change("shoes", "7", What.LOADED, ""));
    assertThat(files(root, true).refresh()).hasSize(4);
    assertThat(answer("coats")).isEqualTo("10:tenth");
    assertThat(answer("coats", "1")).isEqualTo("1:first");
  }

  /** As a server has it that runs them. */
  private ModelFiles<Text> withArchives() {
    ModelOpener<Text> opener =
        new ModelOpener<>() {
          @Override
          public boolean takes(String fileName) {
            return fileName.endsWith(".onnx") || fileName.endsWith(".pt");
          }

          @Override
          public Opened<Text> open(Path file) {
            return ModelFilesTest.open(file);
          }
        };
    return new ModelFiles<>(root, true, repository, opener);
  }

  @Test
  void archivesAreModelsWhereTheyAreRun() throws Exception {
    write("shoes/1/model.onnx", "first");
    write("shoes/2/model.pt", "second");
    write("hats.pt", "hats");
    assertThat(files(root, true).refresh()).containsExactly(change("shoes", "1", What.LOADED, ""));
    ModelFiles<Text> files = withArchives();
    assertThat(files.refresh())
        .containsExactly(
            change("hats", "7", What.LOADED, ""),
            change("shoes", "1", What.LOADED, ""),
            change("shoes", "2", What.LOADED, ""));
    assertThat(answer("shoes")).isEqualTo("2:second");
    Files.delete(root.resolve("shoes/2/model.pt"));
    assertThat(files.refresh()).containsExactly(change("shoes", "2", What.UNLOADED, ""));
    write("shoes/1/model.pt", "first");
    assertThatThrownBy(files::refresh)
        .hasMessage("%s holds 2 model files, expected 1", root.resolve("shoes/1"));
  }

  @Test
  void whereNobodyRunsArchivesItIsSaidHow() throws Exception {
    write("shoes/1/model.pt", "archive");
    assertThatThrownBy(() -> files(root, false).refresh())
        .hasMessage(
            root
                + " holds no model, expected NAME.onnx, NAME/*.onnx or NAME/1/*.onnx; TorchScript"
                + " archives (.pt) need --engine pytorch");
  }

  @Test
  void whatMakesNoSenseIsSaidAndChangesNothing() throws Exception {
    assertThatThrownBy(() -> files(root, false).refresh())
        .hasMessage(root + " holds no model, expected NAME.onnx, NAME/*.onnx or NAME/1/*.onnx");
    write("a.onnx", "a");
    write("b.onnx", "b");
    ModelFiles<Text> files = files(root, false);
    files.refresh();
    write("a/m.onnx", "a");
    assertThatThrownBy(files::refresh)
        .hasMessage(
            "the model a is there twice: %s and %s; rename one",
            root.resolve("a/m.onnx"), root.resolve("a.onnx"));
    write("a/n.onnx", "a");
    assertThatThrownBy(files::refresh)
        .hasMessage("%s holds 2 .onnx files, expected 1", root.resolve("a"));
    Files.delete(root.resolve("a/n.onnx"));
    write("a/3/n.onnx", "a");
    assertThatThrownBy(files::refresh)
        .hasMessage(
            "%s holds versions and also m.onnx, expected one or the other", root.resolve("a"));
    write("my models/x.onnx", "x");
    Files.delete(root.resolve("a/m.onnx"));
    assertThatThrownBy(files::refresh)
        .hasMessageStartingWith(root.resolve("my models") + ": a model's name is at most 64");
    assertThat(answer("a")).isEqualTo("7:a");
  }

  @Test
  void aRefreshLoadsWhatChangedAndUnloadsWhatIsGone() throws Exception {
    write("a.onnx", "a");
    write("b.onnx", "b");
    ModelFiles<Text> files = files(root, false);
    files.refresh();
    assertThat(files.refresh()).isEmpty();
    write("a.onnx", "another");
    Files.delete(root.resolve("b.onnx"));
    write("c/1/m.onnx", "c");
    assertThat(files.refresh())
        .containsExactly(
            change("a", "7", What.RELOADED, ""),
            change("c", "1", What.LOADED, ""),
            change("b", "7", What.UNLOADED, ""));
    assertThat(answer("a")).isEqualTo("7:another");
    assertThatThrownBy(() -> answer("b")).isInstanceOf(ModelUnavailable.class);
  }

  /** A broken file takes no good model down, and is not tried again until it changes. */
  @Test
  void aBrokenFileLeavesTheGoodOne() throws Exception {
    write("a.onnx", "good");
    write("b.onnx", "broken");
    ModelFiles<Text> files = files(root, false);
    assertThat(files.refresh())
        .containsExactly(
            change("a", "7", What.LOADED, ""),
            change("b", "1", What.BROKEN, "[b.onnx] it is no model"));
    write("a.onnx", "refused now");
    assertThat(files.refresh()).containsExactly(change("a", "7", What.REFUSED, "it differs"));
    assertThat(answer("a")).isEqualTo("7:good");
    write("a.onnx", "broken as well");
    assertThat(files.refresh())
        .containsExactly(change("a", "7", What.BROKEN, "[a.onnx] it is no model"));
    assertThat(answer("a")).isEqualTo("7:good");
    assertThat(files.refresh()).isEmpty();
    write("a.onnx", "good again");
    assertThat(files.refresh()).containsExactly(change("a", "7", What.RELOADED, ""));
    assertThat(answer("a")).isEqualTo("7:good again");
  }

  @Test
  void aNewVersionTakesOverOnlyIfItIsGood() throws Exception {
    write("a/1/m.onnx", "one");
    ModelFiles<Text> files = files(root, false);
    files.refresh();
    write("a/2/m.onnx", "refused");
    assertThat(files.refresh()).containsExactly(change("a", "2", What.REFUSED, "it differs"));
    assertThat(answer("a")).isEqualTo("1:one");
    write("a/2/m.onnx", "two");
    assertThat(files.refresh())
        .containsExactly(change("a", "2", What.LOADED, ""), change("a", "1", What.UNLOADED, ""));
    assertThat(answer("a")).isEqualTo("2:two");
  }

  @Test
  void modelsAreLoadedAndUnloadedByName() throws Exception {
    write("a.onnx", "a");
    write("b.onnx", "b");
    ModelFiles<Text> files = files(root, false);
    files.refresh();
    files.unload("a");
    assertThatThrownBy(() -> answer("a"))
        .isInstanceOfSatisfying(
            ModelUnavailable.class, e -> assertThat(e.code()).isEqualTo("unloaded"));
    assertThat(files.refresh()).isEmpty(); // who unloads a model does not want it back
    assertThatThrownBy(() -> files.unload("a")).hasMessage("no model of this name is loaded");
    files.load("a");
    assertThat(answer("a")).isEqualTo("7:a");
    write("a.onnx", "refused");
    assertThatThrownBy(() -> files.load("a")).isInstanceOf(LoadFailed.class);
    assertThat(answer("a")).isEqualTo("7:a");
    assertThat(answer("b")).isEqualTo("7:b");
    assertThatThrownBy(() -> files.load("../b"))
        .hasMessage("the model repository has no model of this name");
  }
}
