package dev.lapidary.exporter.verify;

import static org.assertj.core.api.Assertions.assertThat;

import dev.lapidary.core.cli.StopSignal;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.condition.DisabledOnOs;
import org.junit.jupiter.api.condition.OS;
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

  /** A command that is terminated while libtorch computes. */
  static final class Terminated {
    private Terminated() {}

    public static void main(String[] arguments) throws Exception {
      CountDownLatch begun = new CountDownLatch(1);
      StopSignal.take(ModelRuntime::end);
      Thread computing = new Thread(() -> NativeLibraries.whole(() -> Refusing.load(begun)));
      computing.setDaemon(true);
      computing.start();
      begun.await();
      ProcessHandle self = ProcessHandle.current();
      new ProcessBuilder("kill", "-TERM", "" + self.pid()).start().waitFor();
      TimeUnit.SECONDS.sleep(30);
    }
  }

  /** libtorch, caught in the middle of its own initialization, would end the process by SIGABRT. */
  @Test
  void anExitWaitsForALibraryToBeWhole() throws Exception {
    assertThat(run(Refusing.class)).isEqualTo(STATUS);
    assertThat(Files.readString(log())).isEqualToIgnoringNewLines("loaded");
  }

  @Test
  @DisabledOnOs(OS.WINDOWS) // there is no kill
  void aSignalWaitsForACallOfLibtorch() throws Exception {
    assertThat(run(Terminated.class)).isEqualTo(143);
    assertThat(Files.readString(log())).isEqualToIgnoringNewLines("loaded");
  }

  private Path log() {
    return folder.resolve("log");
  }

  private int run(Class<?> program) throws Exception {
    return new ProcessBuilder(
            List.of(
                Path.of(System.getProperty("java.home"), "bin", "java").toString(),
                "-cp",
                System.getProperty("java.class.path"),
                program.getName()))
        .redirectErrorStream(true)
        .redirectOutput(log().toFile())
        .start()
        .waitFor();
  }
}
