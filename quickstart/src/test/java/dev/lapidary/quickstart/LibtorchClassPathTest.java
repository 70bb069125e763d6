package dev.lapidary.quickstart;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;

import dev.lapidary.serve.cli.ServeMain;
import java.io.File;
import java.nio.file.Path;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** {@code serve run --engine pytorch} in processes whose class path lacks a part. */
@Timeout(120)
class LibtorchClassPathTest {
  private static final Path ARCHIVE =
      Path.of("../trainer/src/test/resources/compat/b5542fc/run/model.pt");

  /** Where somebody put the class path together: without DJL, and without libtorch itself. */
  @ParameterizedTest
  @CsvSource({"/ai/djl/, it lacks ai/djl/", "/pytorch-native-, libtorch cannot be loaded on"})
  void whatTheClassPathLacksIsSaid(String without, String message) throws Exception {
    String jars =
        Stream.of(System.getProperty("java.class.path").split(File.pathSeparator, -1))
            .filter(jar -> !jar.contains(without))
            .collect(Collectors.joining(File.pathSeparator));
    Process process =
        new ProcessBuilder(
                Path.of(System.getProperty("java.home"), "bin", "java").toString(),
                "-XX:TieredStopAtLevel=1",
                "-cp",
                jars,
                ServeMain.class.getName(),
                "run",
                "--port=0",
                "--engine=pytorch",
                "--model=" + ARCHIVE)
            .redirectErrorStream(true)
            .start();
    String said = new String(process.getInputStream().readAllBytes(), UTF_8);
    assertThat(process.waitFor()).as(said).isEqualTo(4);
    assertThat(said.strip()).startsWith("error: ").contains(message).hasLineCount(1);
  }
}
