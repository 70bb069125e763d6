package dev.lapidary.serve.cli;

import java.io.BufferedReader;
import java.io.IOException;
import java.net.URI;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;

/** {@code serve run} as a user runs it: a process of its own, on any free port. */
final class ServerProcess implements AutoCloseable {
  private final Process process;
  private final BufferedReader err;

  private ServerProcess(Process process) {
    this.process = process;
    this.err = process.errorReader();
  }

  static ServerProcess start(Path model, String... options) throws IOException {
    return start(model, Map.of(), options);
  }

  /**
   * @param environment variables that it has beside this process's
   */
  static ServerProcess start(Path model, Map<String, String> environment, String... options)
      throws IOException {
    List<String> command = new ArrayList<>();
    command.add(Path.of(System.getProperty("java.home"), "bin", "java").toString());
    command.addAll(List.of("-Xmx256m", "-XX:+UseSerialGC", "-XX:TieredStopAtLevel=1"));
    command.addAll(List.of("-XX:-CreateCoredumpOnCrash", "-XX:ErrorFile=/dev/null"));
    command.addAll(List.of("-cp", System.getProperty("java.class.path")));
    command.add(ServeMain.class.getName());
    command.addAll(List.of("run", "--port", "0", "--model", model.toString()));
    command.addAll(List.of("--batching", "fixed")); // nothing is said or kept beside what is tested
    command.addAll(List.of(options));
    ProcessBuilder process =
        new ProcessBuilder(command).redirectOutput(ProcessBuilder.Redirect.DISCARD);
    process.environment().putAll(environment);
    return new ServerProcess(process.start());
  }

  /** Whether this process, and so its children, ignore SIGHUP; a JVM leaves that as it is. */
  static boolean ignoresHangups() throws IOException {
    Path status = Path.of("/proc/self/status");
    return Files.exists(status)
        && Files.readAllLines(status).stream()
            .anyMatch(line -> line.matches("SigIgn:\\s*[0-9a-f]*[13579bdf]"));
  }

  /** Newer JVMs warn of libraries' native access first; the launcher tells them not to. */
  String firstMessage() throws IOException {
    String line = err.readLine();
    while (line != null
        && (line.isEmpty() || line.startsWith("WARNING: ") || line.startsWith("NOTE: "))) {
      line = err.readLine();
    }
    return String.valueOf(line);
  }

  /** Waits until it serves. */
  URI uri() throws IOException {
    String line = firstMessage();
    if (!line.startsWith("listening on ")) {
      throw new IllegalStateException(line);
    }
    return URI.create(line.substring("listening on ".length()));
  }

  long pid() {
    return process.pid();
  }

  /** SIGTERM. */
  void terminate() {
    process.toHandle().destroy();
  }

  /** SIGHUP, which Java cannot send. */
  void hangUp() throws IOException, InterruptedException {
    new ProcessBuilder("kill", "-HUP", Long.toString(process.pid())).start().waitFor();
  }

  /** Its exit status, once it has ended. */
  int status() throws InterruptedException {
    return process.waitFor();
  }

  /** What else it says on stderr, until it ends. */
  List<String> rest() {
    return err.lines().toList();
  }

  @Override
  public void close() {
    process.destroyForcibly();
  }
}
