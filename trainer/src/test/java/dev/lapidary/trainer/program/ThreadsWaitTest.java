package dev.lapidary.trainer.program;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;

/** What libgomp itself says that it has read, in processes that load it anew. */
class ThreadsWaitTest {
  /** Loads libtorch after the waits that are named. */
  static final class Loading {
    public static void main(String[] waits) {
      for (String wait : waits) {
        ThreadsWait.valueOf(wait).apply();
      }
      System.out.println(Libtorch.call(1, Libtorch::version));
    }
  }

  @Test
  void briefUnlessSomethingElseIsSaid() throws Exception {
    assertThat(environment(Map.of())).contains("GOMP_SPINCOUNT = '1000'");
  }

  @Test
  void whatIsSaidFirstHolds() throws Exception {
    assertThat(environment(Map.of(), "ACTIVE")).contains("GOMP_SPINCOUNT = '300000'");
    assertThat(environment(Map.of(), "PASSIVE"))
        .contains("OMP_WAIT_POLICY = 'PASSIVE'")
        .contains("GOMP_SPINCOUNT = '0'");
  }

  @Test
  void theUsersEnvironmentHolds() throws Exception {
    assertThat(environment(Map.of("GOMP_SPINCOUNT", "77"), "ACTIVE"))
        .contains("GOMP_SPINCOUNT = '77'");
    assertThat(environment(Map.of("OMP_WAIT_POLICY", "passive"), "ACTIVE"))
        .contains("GOMP_SPINCOUNT = '0'");
  }

  private static String environment(Map<String, String> given, String... waits)
      throws IOException, InterruptedException {
    assumeTrue(System.getProperty("os.name").equals("Linux"), "libgomp is Linux's");
    List<String> command = new ArrayList<>();
    command.add(Path.of(System.getProperty("java.home"), "bin", "java").toString());
    command.addAll(List.of("-XX:TieredStopAtLevel=1", "-Dai.djl.offline=true"));
    command.addAll(List.of("-cp", System.getProperty("java.class.path"), Loading.class.getName()));
    command.addAll(List.of(waits));
    ProcessBuilder builder = new ProcessBuilder(command).redirectErrorStream(true);
    builder.environment().keySet().removeAll(List.of("OMP_WAIT_POLICY", "GOMP_SPINCOUNT"));
    builder.environment().putAll(given);
    builder.environment().put("OMP_DISPLAY_ENV", "verbose");
    Process process = builder.start();
    String said = new String(process.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
    assertThat(process.waitFor()).as(said).isZero();
    return said;
  }
}
