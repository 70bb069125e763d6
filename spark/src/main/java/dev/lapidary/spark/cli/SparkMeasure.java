package dev.lapidary.spark.cli;

import dev.lapidary.core.cli.OptionRange;
import dev.lapidary.core.cli.ProgramCommand;
import dev.lapidary.core.cli.TextTable;
import dev.lapidary.core.failure.ExitCode;
import dev.lapidary.spark.train.ClusterSpeed;
import dev.lapidary.spark.train.RoundTimes;
import java.io.IOException;
import java.io.PrintWriter;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import org.apache.spark.api.java.JavaSparkContext;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;

/** {@code spark measure}. */
@Command(
    name = "measure",
    description = {
      "Times rounds of a cluster in which workers compute nothing, and prints the constants with"
          + " which spark plan tells what a round costs there. Options of spark-submit go to"
          + " Spark.",
      "",
      "Example: spark measure --master local-cluster[2,1,2048]"
    })
final class SparkMeasure extends ProgramCommand {
  private static final int MEGABYTE = 1_000_000;
  private static final int MAX_MEGABYTES = 1000;

  @Option(names = "--workers", paramLabel = "W", split = ",", description = "That a round has.")
  private List<Integer> workers = List.of(2, 8, 32);

  @Option(
      names = "--megabytes",
      paramLabel = "MB",
      split = ",",
      description = "Of each worker's share.")
  private List<Integer> megabytes = List.of(1, 4, 16);

  @Option(
      names = "--repeat",
      paramLabel = "N",
      description = "Rounds of each kind, after one that is not counted.")
  private int repeat = 5;

  @Override
  public Integer call() throws IOException {
    workers.forEach(count -> OptionRange.within("--workers", count, 1, 10_000));
    megabytes.forEach(size -> OptionRange.within("--megabytes", size, 1, MAX_MEGABYTES));
    OptionRange.within("--repeat", repeat, 1, 10_000);
    return TrainingSession.during(this::measure);
  }

  private int measure() {
    JavaSparkContext context = TrainingSession.context();
    List<RoundTimes.Time> times = new ArrayList<>();
    for (int count : workers) {
      for (int size : megabytes) {
        err().printf("rounds of %d workers with %d MB each%n", count, size);
        times.add(RoundTimes.measure(context, count, (long) size * MEGABYTE, repeat));
      }
    }
    ClusterSpeed speed = RoundTimes.fit(times);
    PrintWriter out = out();
    out.printf("%s, %d executors%n", context.master(), times.get(0).machines());
    TextTable table =
        new TextTable()
            .numbers("%d", "  workers", "slices")
            .numbers("%.1f", "MB")
            .numbers("%.2f", "seconds", "by the model");
    for (RoundTimes.Time time : times) {
      table.row(
          time.workers(), time.slices(), time.bytes() / 1e6, time.seconds(), time.expected(speed));
    }
    out.print(table);
    out.printf(
        Locale.ROOT,
        "a round takes %.3f s, each of its tasks %.2f ms more, a process passes on %.0f MB a"
            + " second%nspark plan --job-seconds %.3f --task-milliseconds %.2f --megabytes-a-second"
            + " %.0f%n",
        speed.jobSeconds(),
        1000 * speed.taskSeconds(),
        speed.bytesASecond() / 1e6,
        speed.jobSeconds(),
        1000 * speed.taskSeconds(),
        speed.bytesASecond() / 1e6);
    return ExitCode.DONE.status();
  }
}
