package dev.lapidary.trainer.cli;

import dev.lapidary.core.cli.ProgramCommand;
import dev.lapidary.trainer.run.Runs;
import dev.lapidary.trainer.run.loop.RunOutcome;
import java.io.IOException;
import java.nio.file.Path;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;

/** {@code trainer extend}. */
@Command(
    name = "extend",
    description = {
      "Trains a finished run for more epochs: a new stage like its last one, with a schedule of its"
          + " own.",
      "To go on with a run that was interrupted use trainer resume."
    })
public final class ExtendCommand extends ProgramCommand {
  @Mixin private ThreadsWaitOption threadsWait = new ThreadsWaitOption();

  @Parameters(paramLabel = "RUN", description = "The run directory.")
  private Path run;

  @Option(names = "--epochs", required = true, description = "How many more.")
  private int epochs;

  @Override
  public Integer call() throws IOException {
    threadsWait.apply();
    return Interruption.orderly(
        err(),
        (progress, stop) -> {
          RunOutcome outcome = Runs.extend(run, epochs, progress, stop);
          return Interruption.status(outcome, run, spec());
        });
  }
}
