package dev.lapidary.spark.cli;

import static java.nio.file.StandardOpenOption.APPEND;
import static java.nio.file.StandardOpenOption.CREATE;
import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.io.PrintStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Random;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/**
 * Executors that are killed at random, in any round, until there are {@code -Dlapidary.kills}. With
 * {@code -Dlapidary.killed=FILE} those of earlier runs that ended in the same bytes are counted, so
 * that the proof may be stopped and gone on with.
 */
@Tag("proof")
class KilledExecutorsTest {
  private static final int KILLS = Integer.getInteger("lapidary.kills", 10);
  private static final int EPOCHS = 12;
  private static final long MINUTES = 60;

  @TempDir private Path folder;
  private TrainingProcesses processes;

  @BeforeEach
  void images() throws IOException {
    processes = TrainingProcesses.in(folder);
  }

  @Test
  void killedExecutorsChangeNothing() throws Exception {
    Process calm =
        processes.start("run", "calm", "local[1]", processes.arguments("calm", EPOCHS), List.of());
    assertThat(calm.waitFor()).as(processes.log("calm")).isZero();
    String model = processes.model("calm");
    int killed = earlier(model);
    say("killed before: %d of %d", killed, KILLS);
    Random random = new Random();
    for (int run = 1; killed < KILLS; run++) {
      String name = "run-" + run;
      int more = killing(name, KILLS - killed, random);
      assertThat(processes.model(name)).isEqualTo(model);
      assertThat(more).as(processes.log(name)).isPositive();
      killed += more;
      record(model, more);
      say("%s: %d executors killed, the same bytes; %d of %d", name, more, killed, KILLS);
    }
  }

  /** Returns how many executors were killed while it ran. */
  private int killing(String name, int most, Random random) throws Exception {
    Process process =
        processes.start(
            "run",
            name,
            "local-cluster[2,1,2048]",
            processes.arguments(name, EPOCHS),
            List.of("-Dspark.deploy.maxExecutorRetries=-1", "-Dspark.task.maxFailures=100"));
    int killed = 0;
    long next = 1; // the first step after which the next one dies
    long until = System.nanoTime() + TimeUnit.MINUTES.toNanos(MINUTES);
    while (process.isAlive() && System.nanoTime() < until) {
      Thread.sleep(random.nextInt(500)); // somewhere in a round
      List<ProcessHandle> executors = TrainingProcesses.executors(process);
      if (killed < most && !executors.isEmpty() && processes.steps(name) >= next) {
        executors.get(random.nextInt(executors.size())).destroyForcibly();
        killed++;
        next = processes.steps(name) + random.nextInt(3);
      }
    }
    process.destroyForcibly();
    assertThat(process.waitFor()).as(processes.log(name)).isZero();
    return killed;
  }

  private static Path ledger() {
    return Path.of(System.getProperty("lapidary.killed", ""));
  }

  private static int earlier(String model) throws IOException {
    if (!Files.isRegularFile(ledger())) {
      return 0;
    }
    return Files.readAllLines(ledger()).stream()
        .filter(line -> line.startsWith(model + " "))
        .mapToInt(line -> Integer.parseInt(line.substring(line.indexOf(' ') + 1)))
        .sum();
  }

  private static void record(String model, int killed) throws IOException {
    if (!ledger().toString().isEmpty()) {
      Files.writeString(ledger(), model + " " + killed + "\n", CREATE, APPEND);
    }
  }

  private static void say(String format, Object... arguments) {
    PrintStream out = System.out;
    out.println(String.format(format, arguments));
  }
}
