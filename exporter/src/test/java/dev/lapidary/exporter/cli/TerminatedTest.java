package dev.lapidary.exporter.cli;

import static org.assertj.core.api.Assertions.assertThat;

import dev.lapidary.core.Golden;
import java.io.File;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.concurrent.ThreadLocalRandom;
import java.util.stream.Stream;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/**
 * An export that is terminated at any moment, in a real process: it ends so, and leaves nothing.
 */
class TerminatedTest {
  private static final int TERMINATED = 143;

  @TempDir Path folder;

  @Test
  void leavesNothingHalfWritten() throws Exception {
    terminate(2);
  }

  @Test
  @Tag("proof")
  void leavesNothingHalfWrittenInFiftyRounds() throws Exception {
    terminate(50);
  }

  private void terminate(int rounds) throws Exception {
    Path out = folder.resolve("out");
    Path temporary = Files.createDirectory(folder.resolve("temporary"));
    Path log = folder.resolve("log");
    for (int round = 0; round < rounds; round++) {
      Files.createDirectories(out);
      Path onnx = out.resolve("model.onnx");
      Process process = start(onnx, temporary, log.toFile());
      Thread.sleep(ThreadLocalRandom.current().nextInt(500, 4000));
      process.toHandle().destroy();
      int status = process.waitFor();
      if (status != 0) { // else it was done already
        assertThat(status).as(Files.readString(log)).isEqualTo(TERMINATED);
        assertThat(left(temporary)).filteredOn(f -> f.startsWith("lapidary")).isEmpty();
        assertThat(left(out)).isIn(List.of(), List.of("model.onnx"));
      }
      Files.deleteIfExists(onnx);
    }
  }

  private static Process start(Path onnx, Path temporary, File log) throws IOException {
    Path archive = Golden.file("torchscript/efficientnet-scripted.pt");
    return new ProcessBuilder(
            Path.of(System.getProperty("java.home"), "bin", "java").toString(),
            "-XX:+UseSerialGC",
            "-XX:TieredStopAtLevel=1",
            "-XX:-CreateCoredumpOnCrash",
            "-XX:ErrorFile=/dev/null",
            "-Djava.io.tmpdir=" + temporary,
            "-cp",
            System.getProperty("java.class.path"),
            ExporterMain.class.getName(),
            "onnx",
            archive.toString(),
            "--out",
            onnx.toString())
        .redirectErrorStream(true)
        .redirectOutput(log)
        .start();
  }

  private static List<String> left(Path folder) throws IOException {
    try (Stream<Path> files = Files.list(folder)) {
      return files.map(f -> f.getFileName().toString()).toList();
    }
  }
}
