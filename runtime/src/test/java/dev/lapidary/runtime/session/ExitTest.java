package dev.lapidary.runtime.session;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Path;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/**
 * The JVM's end beside ONNX Runtime, in real processes. Without the reference that {@link
 * OnnxRuntime} takes, a run in a host's hook crashes each time, and of the exits under load more
 * than half where sessions are opened.
 */
@Timeout(600)
class ExitTest {
  private static final int ROUNDS = 4;
  private static final int PROOF_ROUNDS = 200;

  private record Ended(int status, String said) {}

  private static Ended run(Exits.Load load) throws IOException, InterruptedException {
    Process process =
        new ProcessBuilder(
                Path.of(System.getProperty("java.home"), "bin", "java").toString(),
                "-XX:+UseSerialGC",
                "-XX:TieredStopAtLevel=1",
                "-XX:-CreateCoredumpOnCrash",
                "-XX:ErrorFile=/dev/null",
                "-cp",
                System.getProperty("java.class.path"),
                Exits.class.getName(),
                load.name())
            .redirectError(ProcessBuilder.Redirect.DISCARD)
            .start();
    String said = new String(process.getInputStream().readAllBytes(), UTF_8).strip();
    return new Ended(process.waitFor(), said);
  }

  @ParameterizedTest
  @EnumSource(names = {"RUN", "OPEN"})
  void anExitUnderLoadIsAnExit(Exits.Load load) throws Exception {
    exitsInOrder(load, ROUNDS);
  }

  @ParameterizedTest
  @EnumSource(names = {"RUN", "OPEN"})
  @Tag("proof")
  void twoHundredExitsUnderLoadAreExits(Exits.Load load) throws Exception {
    exitsInOrder(load, PROOF_ROUNDS);
  }

  private static void exitsInOrder(Exits.Load load, int rounds) throws Exception {
    for (int round = 0; round < rounds; round++) {
      assertThat(run(load)).as("round %d", round).isEqualTo(new Ended(Exits.STATUS, ""));
    }
  }

  @Test
  void aHostMayRunAndOpenSessionsInItsOwnHook() throws Exception {
    assertThat(run(Exits.Load.DRAIN_IN_HOOK))
        .isEqualTo(new Ended(Exits.STATUS, "1.0" + System.lineSeparator() + "drained"));
  }

  @Test
  void whereTheHostOpenedTheRuntimeFirstARunInAHookIsRefused() throws Exception {
    assertThat(run(Exits.Load.DRAIN_IN_HOOK_AFTER_HOST))
        .isEqualTo(
            new Ended(
                Exits.STATUS,
                "the JVM is shutting down, and ONNX Runtime's environment with it, since it was"
                    + " opened before Lapidary's; open Lapidary's first"));
  }

  @Test
  void nothingIsLoadedWhileTheJvmShutsDown() throws Exception {
    assertThat(run(Exits.Load.LOAD_IN_HOOK))
        .isEqualTo(new Ended(Exits.STATUS, "Shutdown in progress"));
  }
}
