package dev.lapidary.trainer.cli;

import dev.lapidary.core.cli.HelpSection;
import dev.lapidary.core.cli.ProgramCommand;
import dev.lapidary.core.failure.ExitCode;
import dev.lapidary.core.failure.Failure;
import dev.lapidary.core.file.AtomicFile;
import dev.lapidary.trainer.plan.RunConfig;
import dev.lapidary.trainer.report.LrRangeTest;
import dev.lapidary.trainer.run.planning.FindLr;
import java.io.IOException;
import java.io.PrintWriter;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Locale;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;

/** {@code trainer find-lr}. */
@Command(
    name = "find-lr",
    description = {
      "Measures which learning rate suits: the rate rises from step to step until the loss explodes"
          + " (the range test of Smith, arXiv 1506.01186). Takes the options of trainer run, writes"
          + " no run and changes no file.",
      "",
      "Example: trainer find-lr --data photos --arch resnet18 --weights imagenet"
    })
public final class FindLrCommand extends ProgramCommand implements HelpSection.Command {
  @Mixin private PlanOptions plan;

  @Option(
      names = "--stage",
      defaultValue = "-1",
      description = "Whose parameters, batch size and optimizer to use, from 0; -1: the last.")
  private int stage;

  @Option(names = "--from", defaultValue = "1e-7", description = "The first rate.")
  private double from;

  @Option(names = "--to", defaultValue = "10", description = "The last rate.")
  private double to;

  @Option(names = "--steps", defaultValue = "100", description = "Steps at most.")
  private int steps;

  @Option(names = "--plot", paramLabel = "FILE.svg", description = "Writes the curve, too.")
  private @Nullable Path plot;

  @Option(names = "--json", description = "One JSON document on stdout.")
  private boolean json;

  @Override
  public List<HelpSection> sections() {
    return RunSections.with(
        HelpSection.of("Range test", "--stage --from --to --steps --plot --json", "--name"));
  }

  @Override
  public Integer call() throws IOException {
    plan.threadsWait().apply();
    if (!(from > 0) || !(to > from) || !Double.isFinite(to) || steps < 10) {
      throw Failure.badInput("expected 0 < --from < --to and at least 10 --steps");
    }
    if (plot != null) {
      AtomicFile.requireAbsent(plot, plan.force());
    }
    RunConfig config = plan.config();
    int index = stage < 0 ? config.stages().size() - 1 : stage;
    return Interruption.orderly(
        err(),
        (progress, stop) -> {
          plan.note().ifPresent(progress::say);
          print(FindLr.of(config, index, from, to, steps, progress, stop));
          return ExitCode.DONE.status();
        });
  }

  private void print(LrRangeTest result) throws IOException {
    if (plot != null) {
      AtomicFile.write(plot, file -> Files.writeString(file, result.svg()));
    }
    PrintWriter out = out();
    if (json) {
      out.println(CliJson.write(result));
    } else {
      result.plot().forEach(out::println);
      out.printf(
          Locale.ROOT,
          "suggested: --lr %.2g (steepest fall at %.2g, lowest loss at %.2g)%n",
          result.suggested(),
          result.steepest(),
          result.minimum());
    }
    out.flush();
  }
}
