package dev.lapidary.core.cli;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assumptions.assumeFalse;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.condition.DisabledOnOs;
import org.junit.jupiter.api.condition.OS;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

@Timeout(60)
@DisabledOnOs(OS.WINDOWS) // there is no kill
class StopSignalTest {
  private record Ended(int status, List<String> said) {}

  private static Ended run(String option, String... arguments) throws Exception {
    List<String> command = new ArrayList<>();
    command.add(Path.of(System.getProperty("java.home"), "bin", "java").toString());
    command.add(option);
    command.addAll(List.of("-cp", System.getProperty("java.class.path")));
    command.add(Stoppable.class.getName());
    command.addAll(List.of(arguments));
    Process process =
        new ProcessBuilder(command).redirectError(ProcessBuilder.Redirect.DISCARD).start();
    String said = new String(process.getInputStream().readAllBytes(), UTF_8);
    return new Ended(process.waitFor(), said.lines().toList());
  }

  @ParameterizedTest
  @CsvSource({"TERM,143", "INT,130", "HUP,129"})
  void theProgramEndsBeforeAnyHookRuns(String signal, int status) throws Exception {
    assumeFalse(isIgnored(status - 128), "who is started with a signal ignored ignores it, too");
    assertThat(run("-XX:TieredStopAtLevel=1", signal))
        .isEqualTo(new Ended(status, List.of("stopped", "hook")));
  }

  @Test
  void aSignalThatIsGivenBackIsTheJvmsAgain() throws Exception {
    assertThat(run("-XX:TieredStopAtLevel=1", "TERM", "close"))
        .isEqualTo(new Ended(143, List.of("hook")));
  }

  @Test
  void aJvmThatIsToldToLeaveSignalsAloneDoes() throws Exception {
    assertThat(run("-Xrs", "TERM")).isEqualTo(new Ended(143, List.of()));
  }

  private static boolean isIgnored(int signal) throws IOException {
    Path self = Path.of("/proc/self/status");
    return Files.exists(self)
        && Files.readAllLines(self).stream()
            .filter(line -> line.startsWith("SigIgn:"))
            .anyMatch(
                line ->
                    (Long.parseUnsignedLong(line.substring(7).strip(), 16) >> (signal - 1) & 1)
                        == 1);
  }
}
