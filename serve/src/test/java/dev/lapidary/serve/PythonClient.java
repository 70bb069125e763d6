package dev.lapidary.serve;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assumptions.abort;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;

/**
 * Scripts that call the server by someone else's client, unmodified, from PyPI. The interpreter is
 * {@code $LAPIDARY_PYTHON}, or python3; without the client the test is skipped, and says so.
 */
public final class PythonClient {
  private PythonClient() {}

  /**
   * @param module that the script needs
   * @param script beside the test's class
   */
  public static void run(Class<?> test, String module, String script, String... arguments)
      throws IOException, InterruptedException {
    String python = Objects.requireNonNullElse(System.getenv("LAPIDARY_PYTHON"), "python3");
    if (!imports(python, module)) {
      System.out.printf(
          "SKIPPED: %s has no %s; pip install 'tritonclient[all]' and set LAPIDARY_PYTHON%n",
          python, module);
      abort(python + " has no " + module);
    }
    Path file = Files.createTempFile("client", ".py");
    try (var in = Objects.requireNonNull(test.getResourceAsStream(script))) {
      Files.write(file, in.readAllBytes());
    }
    List<String> command = new ArrayList<>(List.of(python, file.toString()));
    command.addAll(List.of(arguments));
    Process process = new ProcessBuilder(command).redirectErrorStream(true).start();
    String said = new String(process.getInputStream().readAllBytes());
    assertThat(process.waitFor()).as(said).isZero();
    System.out.print(said);
    Files.delete(file);
  }

  private static boolean imports(String python, String module) throws InterruptedException {
    try {
      return new ProcessBuilder(python, "-c", "import " + module)
              .redirectErrorStream(true)
              .redirectOutput(ProcessBuilder.Redirect.DISCARD)
              .start()
              .waitFor()
          == 0;
    } catch (IOException e) {
      return false;
    }
  }
}
