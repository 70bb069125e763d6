package dev.lapidary.trainer.cli;

import dev.lapidary.trainer.plan.RunConfig;
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
import picocli.CommandLine.Spec;

/** {@code trainer run}. */
@Command(
    name = "run",
    description = {
      "Fine-tunes a network on labelled images and writes a run directory with model.pt.",
      "",
      "Example: trainer run --data photos --arch resnet18 --weights resnet18.safetensors"
          + " --freeze-epochs 2 --epochs 8 --out runs/photos"
    })
public final class RunCommand implements Callable<Integer> {
  @Spec private CommandSpec spec;
  @Mixin private PlanOptions plan;

  @Option(names = "--out", required = true, description = "The run directory to make.")
  private Path out;

  @Override
  public Integer call() throws IOException {
    RunConfig config = plan.config();
    PrintWriter err = spec.commandLine().getErr();
    return Interruption.orderly(
        err,
        stop -> {
          RunOutcome outcome = Runs.start(out, config, Terminal.progress(err), stop);
          return Interruption.status(outcome, out, err);
        });
  }
}
