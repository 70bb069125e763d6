package dev.lapidary.spark.cli;

import dev.lapidary.trainer.cli.RunCommand;
import dev.lapidary.trainer.plan.RunConfig;
import dev.lapidary.trainer.run.round.WorkerGroup;
import java.io.IOException;
import picocli.CommandLine.Command;

/** {@code spark run}. */
@Command(
    name = "run",
    description = {
      "As trainer run, with --world-size workers on executors: the same bytes as trainer run with the"
          + " same --world-size gives on one machine. Executors read data and weights from the same"
          + " paths. Options of spark-submit (--master, --conf, --executor-memory, ...) go to Spark.",
      "",
      "Example: spark run --master spark://head:7077 --data /shared/photos --arch resnet18"
          + " --weights imagenet --world-size 8 --out runs/photos"
    })
final class SparkRun extends RunCommand {
  @Override
  protected RunConfig settled(RunConfig asked) {
    return TrainingSession.settled(asked);
  }

  @Override
  protected WorkerGroup.Opening workers() {
    return TrainingSession.workers();
  }

  @Override
  public Integer call() throws IOException {
    return TrainingSession.during(super::call);
  }
}
