package dev.lapidary.exporter.verify;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.RepeatedTest;
import org.junit.jupiter.api.io.TempDir;

class NativeLibrariesTest {
  /** Linux's list of what a process has loaded: proc(5). */
  private static final Path LOADED = Path.of("/proc/self/maps");

  private static final int STATUS = 7;

  @TempDir Path folder;

  /** A command that refuses its input at once, while a library's objects are made. */
  static final class Refusing {
    private Refusing() {}

    public static void main(String[] arguments) throws IOException {
      ModelRuntime.prepare(LOADED, ModelRuntime.LIBTORCH);
      while (!Files.readString(LOADED).contains("libtorch_cpu")) {
        Thread.onSpinWait();
      }
      System.exit(STATUS);
    }
  }

  @RepeatedTest(3)
  void anExitWhileALibraryLoadsKeepsItsStatus() throws Exception {
    assumeTrue(Files.exists(LOADED), "only Linux tells what is loaded");
    Path log = folder.resolve("log");
    Process process =
        new ProcessBuilder(
                List.of(
                    Path.of(System.getProperty("java.home"), "bin", "java").toString(),
                    "-cp",
                    System.getProperty("java.class.path"),
                    Refusing.class.getName()))
            .redirectErrorStream(true)
            .redirectOutput(log.toFile())
            .start();
    assertThat(process.waitFor()).as(Files.readString(log)).isEqualTo(STATUS);
  }
}
