package dev.lapidary.trainer.cli;

import dev.lapidary.core.cli.ProgramCommand;
import dev.lapidary.trainer.plan.RunConfig;
import dev.lapidary.trainer.run.Runs;
import dev.lapidary.trainer.run.inputs.RunDirectory;
import dev.lapidary.trainer.run.loop.RunOutcome;
import dev.lapidary.trainer.run.round.WorkerGroup;
import dev.lapidary.trainer.run.round.WorkersHere;
import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;

/** {@code trainer resume}. */
@Command(
    name = "resume",
    description = {
      "Goes on with a run from its newest checkpoint, bit for bit as if it had never stopped.",
      "If data, configuration, libtorch, threads or processor have changed it refuses (exit 3) and"
          + " prints the difference."
    })
public class ResumeCommand extends ProgramCommand {
  @Mixin private ThreadsWaitOption threadsWait = new ThreadsWaitOption();

  @Parameters(paramLabel = "RUN", description = "The run directory.")
  private Path run;

  @Option(
      names = "--allow-drift",
      paramLabel = "KEY",
      description =
          "Accepts a difference: data, config, weights, libtorch, threads or cpu. Repeatable.")
  private List<String> allowed = new ArrayList<>();

  @Option(
      names = "--set",
      paramLabel = "KEY=VALUE",
      description = "Changes a key of run.yaml from here on, such as stages.1.batch-size=4.")
  private List<String> sets = new ArrayList<>();

  /** Where workers are, if the run has any. */
  protected WorkerGroup.Opening workers() {
    return WorkersHere::open;
  }

  /** Refuses a run that cannot go on where its workers are. */
  protected void require(RunConfig config) {}

  @Override
  public Integer call() throws IOException {
    threadsWait.apply();
    require(RunDirectory.readConfig(run));
    return Interruption.orderly(
        err(),
        (progress, stop) -> {
          RunOutcome outcome = Runs.resume(run, sets, allowed, workers(), progress, stop);
          return Interruption.status(outcome, run, spec());
        });
  }
}
