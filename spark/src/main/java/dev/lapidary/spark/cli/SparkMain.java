package dev.lapidary.spark.cli;

import dev.lapidary.core.cli.CommandTree;
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
    System.exit(CommandTree.run(new SparkMain(), arguments));
  }
}
