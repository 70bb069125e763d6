package dev.lapidary.trainer.run;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.DirectoryStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;

/** The trainer in a process of its own, on this one's class path. */
public record TrainerProcess(Process process, Path log) {
  private static final long POLL_MILLIS = 20;
  private static final long LIMIT_MINUTES = 10;

  /** Its output goes to a new file in {@code folder}. */
  public static TrainerProcess start(Path folder, List<String> arguments) throws IOException {
    return start(folder, arguments, List.of());
  }

  /** With more options for Java. */
  public static TrainerProcess start(Path folder, List<String> arguments, List<String> java)
      throws IOException {
    List<String> command = new ArrayList<>();
    command.add(Path.of(System.getProperty("java.home"), "bin", "java").toString());
    command.addAll(List.of("-Xmx512m", "-XX:+UseSerialGC", "-XX:TieredStopAtLevel=1"));
    command.addAll(java);
    command.addAll(List.of("-Djava.awt.headless=true", "-cp"));
    command.add(System.getProperty("java.class.path"));
    command.add("dev.lapidary.trainer.cli.TrainerMain");
    command.addAll(arguments);
    Path log = Files.createTempFile(folder, "trainer", ".log");
    return new TrainerProcess(
        new ProcessBuilder(command)
            .redirectErrorStream(true)
            .redirectOutput(ProcessBuilder.Redirect.to(log.toFile()))
            .start(),
        log);
  }

  public long pid() {
    return process.pid();
  }

  /** Waits for its end. */
  public int status() throws Exception {
    assertThat(process.waitFor(LIMIT_MINUTES, TimeUnit.MINUTES)).as(output()).isTrue();
    return process.exitValue();
  }

  public String output() throws IOException {
    return Files.readString(log);
  }

  /** Waits until it has written this text; fails if it ends before. */
  void awaitOutput(String text) throws Exception {
    while (!output().contains(text)) {
      assertThat(process.waitFor(POLL_MILLIS, TimeUnit.MILLISECONDS)).as(output()).isFalse();
    }
  }

  /** Waits until it has a thread of this name; fails if it ends before. Linux only. */
  void awaitThread(String name) throws Exception {
    while (!threads().contains(name)) {
      assertThat(process.waitFor(POLL_MILLIS, TimeUnit.MILLISECONDS)).as(output()).isFalse();
    }
  }

  private List<String> threads() {
    List<String> names = new ArrayList<>();
    try (DirectoryStream<Path> tasks =
        Files.newDirectoryStream(Path.of("/proc/" + pid() + "/task"))) {
      for (Path task : tasks) {
        names.add(Files.readString(task.resolve("comm")).strip());
      }
    } catch (IOException e) {
      return names; // one has ended this moment
    }
    return names;
  }
}
