package dev.lapidary.serve.cli;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.lapidary.runtime.TinyModels;
import java.io.IOException;
import java.io.PrintWriter;
import java.io.StringWriter;
import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** {@code --engine} where no libtorch is on the class path, as it is in this module's tests. */
@Timeout(120)
class EngineOptionTest {
  private static final String MISSING =
      "error: --engine pytorch: no dev.lapidary:pytorch is on the class path, expected it and what"
          + " it depends on: DJL's api, pytorch-engine and pytorch-jni, and libtorch"
          + " (pytorch-native-cpu); the launchers add them where the command line, or"
          + " LAPIDARY_SERVE_ENGINE, says pytorch; or export the archive with exporter onnx, and"
          + " leave the option out";

  @TempDir Path folder;

  private static String run(int status, String... arguments) {
    StringWriter err = new StringWriter();
    assertThat(ServeMain.run(new PrintWriter(err), new PrintWriter(err, true), arguments))
        .as(err.toString())
        .isEqualTo(status);
    return err.toString().strip();
  }

  private Path archive() throws IOException {
    return Files.write(folder.resolve("model.pt"), new byte[] {'P', 'K', 3, 4, 0, 0});
  }

  @Test
  void noClassOfLibtorchIsHere() {
    assertThatThrownBy(() -> Class.forName("ai.djl.engine.Engine"))
        .isInstanceOf(ClassNotFoundException.class);
  }

  @Test
  void withoutTheOptionAnArchiveIsRefusedByItsContent() throws IOException {
    String expected =
        "] it is a TorchScript archive, and ONNX Runtime runs ONNX files; add --engine pytorch to"
            + " run it by libtorch, or export it with exporter onnx";
    Path archive = archive();
    assertThat(run(2, "run", "--port", "0", "--model", archive.toString()))
        .isEqualTo("error: [model.pt" + expected);
    Path renamed = Files.copy(archive, folder.resolve("model.onnx"));
    assertThat(run(2, "run", "--port", "0", "--model", renamed.toString()))
        .isEqualTo("error: [model.onnx" + expected);
    assertThat(run(2, "bench", "--model", archive.toString(), "--images", folder.toString()))
        .isEqualTo("error: [model.pt" + expected);
  }

  @Test
  void withTheOptionItIsSaidWhatIsMissing() throws IOException {
    String archive = archive().toString();
    assertThat(run(4, "run", "--port", "0", "--engine", "pytorch", "--model", archive))
        .isEqualTo(MISSING);
    String images = folder.toString();
    assertThat(run(4, "bench", "--engine", "pytorch", "--model", archive, "--images", images))
        .isEqualTo(MISSING);
    assertThat(run(2, "run", "--engine", "tensorflow", "--model", archive))
        .contains("--engine", "onnxruntime", "pytorch");
  }

  /** A process as a user starts it, with a folder, of which nothing is read. */
  @Test
  void theProcessEndsBeforeItListens() throws Exception {
    archive();
    try (ServerProcess server = ServerProcess.start(folder, "--engine", "pytorch")) {
      assertThat(server.firstMessage()).isEqualTo(MISSING);
      assertThat(server.status()).isEqualTo(4);
    }
  }

  @Test
  void anOnnxFileServesByOnnxRuntimeAlone() throws Exception {
    Path model = TinyModels.write(folder);
    try (ServerProcess server = ServerProcess.start(model, "--engine", "onnxruntime")) {
      assertThat(server.uri().getPort()).isPositive();
    }
  }
}
