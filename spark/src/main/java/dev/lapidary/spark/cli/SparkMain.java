package dev.lapidary.spark.cli;

import static java.nio.charset.StandardCharsets.UTF_8;

import dev.lapidary.core.cli.CommandTree;
import java.io.PrintWriter;
import picocli.CommandLine.Command;

/** What {@code spark-submit} starts. */
@Command(
    name = "spark",
    description = "Scores images with an exported ONNX file, and trains, on Apache Spark.",
    subcommands = {
      ScoreCommand.class,
      SparkPlan.class,
      SparkRun.class,
      SparkResume.class,
      SparkMeasure.class
    })
public final class SparkMain {
  public static void main(String... arguments) {
    System.exit(run(arguments));
  }

  /** Returns the exit status. */
  public static int run(String... arguments) {
    return run(
        new PrintWriter(System.out, true, UTF_8),
        new PrintWriter(System.err, true, UTF_8),
        arguments);
  }

  /** The same with the two streams given. */
  public static int run(PrintWriter out, PrintWriter err, String... arguments) {
    return CommandTree.run(new SparkMain(), out, err, arguments);
  }
}
