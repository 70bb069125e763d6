package dev.lapidary.benchmarks;

import dev.lapidary.trainer.cli.TrainerMain;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.regex.MatchResult;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * {@code bin/benchmark threads-wait DATA ARCH EPOCHS [SPINCOUNT...]}: images a second of {@code
 * trainer run} with each {@code --threads-wait} (and each {@code GOMP_SPINCOUNT} that is named), on
 * the machine as it is and beside one busy process. All in turn, round by round.
 */
final class ThreadsWaitBench {
  private static final int ROUNDS = 3;
  private static final Pattern SPEED = Pattern.compile("(\\d+(?:\\.\\d+)?) images/s");

  private ThreadsWaitBench() {}

  public static void main(String[] arguments) throws Exception {
    if (arguments.length < 3) {
      System.err.println(
          "error: usage: bin/benchmark threads-wait DATA ARCH EPOCHS [SPINCOUNT...]");
      System.exit(2);
    }
    List<Speeds> all = new ArrayList<>();
    List.of("active", "brief", "passive").forEach(wait -> all.add(Speeds.of(wait)));
    Arrays.asList(arguments).subList(3, arguments.length).forEach(n -> all.add(Speeds.of(n)));
    for (int round = 0; round < ROUNDS; round++) {
      for (Speeds speeds : all) {
        speeds.alone().add(speed(speeds.setting(), arguments));
        Process other = new ProcessBuilder(java(Busy.class)).start();
        try {
          speeds.beside().add(speed(speeds.setting(), arguments));
        } finally {
          other.destroy();
        }
      }
    }
    for (Speeds speeds : all) {
      System.out.println(
          ComparisonRow.row(
              "threads wait " + speeds.setting() + ", " + arguments[1] + ", images/s",
              "beside a busy process",
              speeds.beside(),
              "alone",
              speeds.alone()));
    }
  }

  /** Images a second, of the rounds. */
  private record Speeds(String setting, List<Double> alone, List<Double> beside) {
    static Speeds of(String wait) {
      return new Speeds(wait, new ArrayList<>(), new ArrayList<>());
    }
  }

  /** Of the last epoch. */
  private static double speed(String wait, String... arguments) throws Exception {
    Path folder = Files.createTempDirectory("threads-wait");
    try {
      ProcessBuilder builder = new ProcessBuilder(java(TrainerMain.class, "run"));
      builder.command().addAll(List.of("--data", arguments[0], "--arch", arguments[1]));
      builder.command().addAll(List.of("--epochs", arguments[2], "--freeze-epochs", "0"));
      builder.command().addAll(List.of("--out", folder.resolve("run").toString()));
      builder.environment().keySet().removeAll(List.of("OMP_WAIT_POLICY", "GOMP_SPINCOUNT"));
      if (Character.isDigit(wait.charAt(0))) {
        builder.environment().put("GOMP_SPINCOUNT", wait);
      } else {
        builder.command().addAll(List.of("--threads-wait", wait));
      }
      Process process = builder.redirectErrorStream(true).start();
      String said = new String(process.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
      Matcher found = SPEED.matcher(said);
      if (process.waitFor() != 0 || !found.find()) {
        throw new IOException("the run failed: " + said);
      }
      found.reset();
      List<MatchResult> epochs = found.results().toList();
      return Double.parseDouble(epochs.get(epochs.size() - 1).group(1));
    } finally {
      delete(folder);
    }
  }

  private static List<String> java(Class<?> main, String... arguments) {
    List<String> command = new ArrayList<>();
    command.add(Path.of(System.getProperty("java.home"), "bin", "java").toString());
    command.addAll(List.of("-XX:+UseSerialGC", "-Dai.djl.offline=true", "-DOPT_OUT_TRACKING=true"));
    command.addAll(List.of("-cp", System.getProperty("java.class.path"), main.getName()));
    command.addAll(List.of(arguments));
    return command;
  }

  private static void delete(Path folder) throws IOException {
    try (var files = Files.walk(folder)) {
      for (Path file : files.sorted((a, b) -> b.compareTo(a)).toList()) {
        Files.delete(file);
      }
    }
  }

  /** One thread that always has something to do, until it is ended. */
  static final class Busy {
    private Busy() {}

    public static void main(String[] arguments) {
      long count = 0;
      while (System.nanoTime() != Long.MIN_VALUE) {
        count++;
      }
      System.out.println(count);
    }
  }
}
