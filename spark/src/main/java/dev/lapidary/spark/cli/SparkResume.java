package dev.lapidary.spark.cli;

import dev.lapidary.trainer.cli.ResumeCommand;
import dev.lapidary.trainer.plan.RunConfig;
import dev.lapidary.trainer.run.round.WorkerGroup;
import java.io.IOException;
import picocli.CommandLine.Command;

/** {@code spark resume}. */
@Command(
    name = "resume",
    description = {
      "As trainer resume, with the run's workers on executors: also a run that trainer began, or whose"
          + " driver was lost. Options of spark-submit go to Spark."
    })
final class SparkResume extends ResumeCommand {
  @Override
  protected WorkerGroup.Opening workers() {
    return TrainingSession.workers();
  }

  @Override
  protected void require(RunConfig config) {
    TrainingSession.requireWorkers(config);
  }

  @Override
  public Integer call() throws IOException {
    return TrainingSession.during(super::call);
  }
}
