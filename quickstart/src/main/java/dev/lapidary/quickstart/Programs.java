package dev.lapidary.quickstart;

import static java.nio.charset.StandardCharsets.UTF_8;

import dev.lapidary.core.failure.ExitCode;
import dev.lapidary.core.failure.Failure;
import java.io.BufferedReader;
import java.io.IOException;
import java.io.PrintWriter;
import java.net.URI;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.concurrent.TimeUnit;
import java.util.function.Function;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * Runs the programs as processes of their own, showing each command as a user would type it.
 *
 * @param launcher the command that starts a program ({@code trainer}, {@code exporter}, {@code
 *     serve}), before its arguments
 * @param log where commands and the programs' messages go
 */
public record Programs(Function<String, List<String>> launcher, PrintWriter log) {
  private static final Pattern LISTENING = Pattern.compile("listening on (http://\\S+)");

  /**
   * Runs a program to its end and returns its stdout.
   *
   * @throws Failure with the program's own exit code if that is not 0
   */
  public String run(String program, String... arguments) throws IOException, InterruptedException {
    show(program, arguments);
    Process process = start(program, ProcessBuilder.Redirect.INHERIT, arguments);
    String out = new String(process.getInputStream().readAllBytes(), UTF_8);
    log.print(out);
    log.flush();
    int status = process.waitFor();
    if (status != 0) {
      throw stopped(program + " " + arguments[0], status);
    }
    return out;
  }

  /** Starts {@code serve run} and waits until it says where it listens. */
  public Server serve(String... arguments) throws IOException, InterruptedException {
    show("serve", arguments);
    Process process = start("serve", ProcessBuilder.Redirect.PIPE, arguments);
    BufferedReader messages = process.errorReader(UTF_8);
    for (String line = messages.readLine(); line != null; line = messages.readLine()) {
      log.println(line);
      Matcher listening = LISTENING.matcher(line);
      if (listening.find()) {
        Thread reader = new Thread(() -> messages.lines().forEach(log::println), "serve-messages");
        reader.setDaemon(true);
        reader.start();
        return new Server(process, URI.create(listening.group(1)));
      }
    }
    try {
      throw stopped("serve run", process.waitFor());
    } finally {
      process.destroyForcibly(); // where the wait was interrupted
    }
  }

  private Process start(String program, ProcessBuilder.Redirect messages, String... arguments)
      throws IOException {
    List<String> command = new ArrayList<>(launcher.apply(program));
    command.addAll(Arrays.asList(arguments));
    Process process = new ProcessBuilder(command).redirectError(messages).start();
    process.getOutputStream().close();
    return process;
  }

  private void show(String program, String... arguments) {
    log.println();
    log.println("$ bin/" + program + " " + String.join(" ", arguments));
    log.flush();
  }

  private static Failure stopped(String what, int status) {
    ExitCode code =
        Arrays.stream(ExitCode.values())
            .filter(c -> c.status() == status)
            .findFirst()
            .orElse(ExitCode.FAILED);
    return new Failure(code, what + " ended with exit code " + status + "; its message is above");
  }

  /** A running server; closing it asks it to stop (SIGTERM) and waits for its clean end. */
  public record Server(Process process, URI base) implements AutoCloseable {
    private static final long GRACE_SECONDS = 30;

    @Override
    public void close() {
      process.destroy();
      try {
        if (!process.waitFor(GRACE_SECONDS, TimeUnit.SECONDS)) {
          throw Failure.failed("serve run did not stop %d s after SIGTERM", GRACE_SECONDS);
        }
      } catch (InterruptedException e) {
        Thread.currentThread().interrupt();
      } finally {
        process.destroyForcibly();
      }
    }
  }
}
