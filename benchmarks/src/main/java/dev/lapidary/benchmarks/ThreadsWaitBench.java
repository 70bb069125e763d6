package dev.lapidary.benchmarks;

import dev.lapidary.trainer.cli.TrainerMain;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.regex.MatchResult;
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
    Usage.require(arguments.length >= 3, "threads-wait DATA ARCH EPOCHS [SPINCOUNT...]");
    List<Speeds> all = new ArrayList<>();
    List.of("active", "brief", "passive").forEach(wait -> all.add(Speeds.of(wait)));
    Arrays.asList(arguments).subList(3, arguments.length).forEach(n -> all.add(Speeds.of(n)));
    for (int round = 0; round < ROUNDS; round++) {
      for (Speeds speeds : all) {
        speeds.alone().add(speed(speeds.setting(), arguments));
        Process other = ChildJvm.of(ChildJvm.TRAINERS, Busy.class.getName(), List.of()).start();
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
    try (ScratchFolder folder = ScratchFolder.create("threads-wait")) {
      ProcessBuilder builder =
          ChildJvm.of(ChildJvm.TRAINERS, TrainerMain.class.getName(), List.of("run"));
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
      List<MatchResult> epochs = SPEED.matcher(said).results().toList();
      if (process.waitFor() != 0 || epochs.isEmpty()) {
        throw new IOException("the run failed: " + said);
      }
      return Double.parseDouble(epochs.get(epochs.size() - 1).group(1));
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
