package dev.lapidary.trainer.cli;

import dev.lapidary.core.cli.HelpSection;
import dev.lapidary.core.cli.ProgramCommand;
import dev.lapidary.core.failure.ExitCode;
import dev.lapidary.trainer.plan.RunConfig;
import dev.lapidary.trainer.report.PlanText;
import dev.lapidary.trainer.run.planning.Planning;
import java.io.IOException;
import java.io.PrintWriter;
import java.util.List;
import java.util.Locale;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;

/** {@code trainer plan}. */
@Command(
    name = "plan",
    description = {
      "Says what trainer run would do with the same options, and trains nothing: for each stage and"
          + " part of the network what is trained or frozen, rates over time, decay, BatchNorm's"
          + " mode, where the weights come from, memory; and advice with its reasons.",
      "",
      "Example: trainer plan --data photos --arch resnet18 --weights imagenet"
          + " --freeze-epochs 2 --epochs 8"
    })
public class PlanCommand extends ProgramCommand implements HelpSection.Command {
  @Mixin private PlanOptions plan;

  @Option(
      names = "--measure",
      description = "Takes four steps of each stage, in memory only, and says how long all take.")
  private boolean measure;

  @Option(names = "--tensors", description = "Lists each tensor, and where its values come from.")
  private boolean tensors;

  @Option(names = "--json", description = "One JSON document on stdout.")
  private boolean json;

  @Override
  public List<HelpSection> sections() {
    return RunSections.with(HelpSection.of("Output", "--measure --tensors --json", "--name"));
  }

  /** The plan where its workers are, which may settle what the options left open. */
  protected RunConfig settled(RunConfig asked) {
    return asked;
  }

  /** What else there is to say of a plan, a line each. */
  protected List<String> more(RunConfig config, Planning.Plan planned) {
    return List.of();
  }

  @Override
  public Integer call() throws IOException {
    plan.threadsWait().apply();
    RunConfig config = settled(plan.config());
    return Interruption.orderly(
        err(),
        (progress, stop) -> {
          Planning.Plan planned = Planning.of(config, measure, progress, stop);
          plan.note().ifPresent(progress::say);
          print(planned, json ? List.of() : more(config, planned));
          return ExitCode.DONE.status();
        });
  }

  private void print(Planning.Plan result, List<String> more) {
    PrintWriter out = out();
    if (json) {
      out.println(CliJson.write(result));
    } else {
      print(result, tensors, out);
      more.forEach(out::println);
    }
    out.flush();
  }

  private static void print(Planning.Plan result, boolean tensors, PrintWriter out) {
    out.printf("network %s%n", result.architecture());
    result.notes().forEach(out::println);
    out.println();
    PlanText.lines(result.stages(), tensors).forEach(out::println);
    for (Planning.Time time : result.measured()) {
      out.printf(
          Locale.ROOT,
          "stage %s: %.3f s a step, %.2f hours without validation%n",
          time.stage(),
          time.secondsPerStep(),
          time.hours());
    }
    out.println(result.advice().isEmpty() ? "advice: nothing speaks against it" : "advice:");
    result.advice().forEach(line -> out.println("- " + line));
  }
}
