package dev.lapidary.exporter.verify;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class NativeLibrariesTest {
  private static final int STATUS = 7;

  @TempDir Path folder;

  /** A command that refuses its input at once, while a library loads. */
  static final class Refusing {
    private Refusing() {}

    public static void main(String[] arguments) throws InterruptedException {
      CountDownLatch begun = new CountDownLatch(1);
      Thread loader = new Thread(() -> NativeLibraries.whole(() -> load(begun)));
      loader.setDaemon(true);
      loader.start();
      begun.await();
      System.exit(STATUS);
    }

    private static boolean load(CountDownLatch begun) {
      begun.countDown();
      try {
        TimeUnit.SECONDS.sleep(1);
      } catch (InterruptedException e) {
        Thread.currentThread().interrupt();
      }
      System.out.println("loaded");
      return true;
    }
  }

  /** libtorch, caught in the middle of its own initialization, would end the process by SIGABRT. */
  @Test
  void anExitWaitsForALibraryToBeWhole() throws Exception {
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
    assertThat(process.waitFor()).isEqualTo(STATUS);
    assertThat(Files.readString(log)).isEqualToIgnoringNewLines("loaded");
  }
}
