package dev.lapidary.trainer.cli;

import dev.lapidary.core.cli.ProgramCommand;
import dev.lapidary.core.failure.ExitCode;
import dev.lapidary.trainer.report.ComparedRun;
import dev.lapidary.trainer.report.ComparisonPage;
import dev.lapidary.trainer.run.sweep.Sweep;
import java.io.IOException;
import java.io.PrintWriter;
import java.nio.file.Path;
import java.util.List;
import java.util.Optional;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;

/** {@code trainer sweep}. */
@Command(
    name = "sweep",
    description = {
      "Tries a grid of configurations by successive halving: all for a few epochs, the best of them"
          + " anew for more. Each is a run of its own; the same command goes on with what was"
          + " interrupted.",
      "",
      "Example grid.yaml:",
      "  run: {data: {train: photos}, model: {arch: resnet18, weights: imagenet},",
      "        stages: [{name: all, optimizer: {kind: adamw}}]}",
      "  grid: {stages.0.lr: [3e-4, 1e-3, 3e-3], stages.0.freeze: [[], [layer1, layer2]]}",
      "  epochs: [1, 3, 9]",
      "  keep: 3"
    })
public final class SweepCommand extends ProgramCommand {
  @Mixin private ThreadsWaitOption threadsWait = new ThreadsWaitOption();

  @Option(
      names = "--config",
      required = true,
      paramLabel = "GRID",
      description =
          "The grid: run (as in run.yaml), grid (keys of it, each with a list of values), epochs of"
              + " the last stage in each rung, and keep: one of so many goes on.")
  private Path grid;

  @Option(
      names = "--out",
      required = true,
      paramLabel = "DIR",
      description = "The folder of the runs, the table and sweep.html.")
  private Path out;

  @Override
  public Integer call() throws IOException {
    threadsWait.apply();
    PrintWriter err = err();
    return Interruption.orderly(
        err,
        (progress, stop) -> {
          Optional<List<ComparedRun>> runs = Sweep.run(grid, out, progress, stop);
          if (runs.isEmpty()) {
            err.println("interrupted; the same command goes on");
            err.flush();
            return ExitCode.INTERRUPTED.status();
          }
          PrintWriter to = out();
          ComparisonPage.lines(runs.get()).forEach(to::println);
          to.flush();
          ComparedRun best = runs.get().get(0);
          progress.say(
              "best: %s, %s; %s shows all"
                  .formatted(out.resolve(best.name()), best.settings(), out.resolve("sweep.html")));
          return ExitCode.DONE.status();
        });
  }
}
