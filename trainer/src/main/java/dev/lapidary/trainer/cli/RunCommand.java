package dev.lapidary.trainer.cli;

import dev.lapidary.core.cli.HelpSection;
import dev.lapidary.core.cli.ProgramCommand;
import dev.lapidary.trainer.plan.RunConfig;
import dev.lapidary.trainer.run.Runs;
import dev.lapidary.trainer.run.loop.RunOutcome;
import dev.lapidary.trainer.run.round.WorkerGroup;
import dev.lapidary.trainer.run.round.WorkersHere;
import java.io.IOException;
import java.nio.file.Path;
import java.util.List;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;

/** {@code trainer run}. */
@Command(
    name = "run",
    description = {
      "Fine-tunes a network on labelled images and writes a run directory with model.pt.",
      "",
      "Example: trainer run --data photos --arch resnet18 --weights imagenet"
          + " --freeze-epochs 2 --epochs 8 --out runs/photos"
    })
public class RunCommand extends ProgramCommand implements HelpSection.Command {
  @Mixin private PlanOptions plan;

  @Option(
      names = "--out",
      paramLabel = "RUN",
      required = true,
      description = "The run directory to make.")
  private Path out;

  @Override
  public List<HelpSection> sections() {
    return RunSections.with(HelpSection.of("Output", "--out --name", ""));
  }

  /** The plan where its workers are, which may settle what the options left open. */
  protected RunConfig settled(RunConfig asked) {
    return asked;
  }

  /** Where workers are, if the run has any. */
  protected WorkerGroup.Opening workers() {
    return WorkersHere::open;
  }

  @Override
  public Integer call() throws IOException {
    plan.threadsWait().apply();
    RunConfig config = settled(plan.config());
    return Interruption.orderly(
        err(),
        (progress, stop) -> {
          plan.note().ifPresent(progress::say);
          RunOutcome outcome = Runs.start(out, config, workers(), progress, stop);
          return Interruption.status(outcome, out, spec());
        });
  }
}
