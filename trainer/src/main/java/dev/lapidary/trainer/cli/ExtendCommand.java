package dev.lapidary.trainer.cli;

import dev.lapidary.trainer.run.Runs;
import dev.lapidary.trainer.run.loop.RunOutcome;
import java.io.IOException;
import java.io.PrintWriter;
import java.nio.file.Path;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;
import picocli.CommandLine.Spec;

/** {@code trainer extend}. */
@Command(
    name = "extend",
    description = {
      "Trains a finished run for more epochs: a new stage like its last one, with a schedule of its"
          + " own.",
      "To go on with a run that was interrupted use trainer resume."
    })
public final class ExtendCommand implements Callable<Integer> {
  @Spec private CommandSpec spec;
  @Mixin private ThreadsWaitOption threadsWait = new ThreadsWaitOption();

  @Parameters(paramLabel = "RUN", description = "The run directory.")
  private Path run;

  @Option(names = "--epochs", required = true, description = "How many more.")
  private int epochs;

  @Override
  public Integer call() throws IOException {
    threadsWait.apply();
    PrintWriter err = spec.commandLine().getErr();
    return Interruption.orderly(
        err,
        (progress, stop) -> {
          RunOutcome outcome = Runs.extend(run, epochs, progress, stop);
          return Interruption.status(outcome, run, spec);
        });
  }
}
