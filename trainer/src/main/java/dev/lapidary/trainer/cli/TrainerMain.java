package dev.lapidary.trainer.cli;

import dev.lapidary.core.cli.CommandTree;
import dev.lapidary.core.cli.RootCommand;
import java.util.List;
import java.util.Map;
import picocli.CommandLine.Command;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.Spec;

/** {@code trainer}: the root of the command tree. */
@Command(name = "trainer", description = "Fine-tunes image classifiers from pretrained weights.")
public final class TrainerMain implements Runnable, RootCommand {
  @Spec private CommandSpec spec;

  public static void main(String[] arguments) {
    System.exit(run(arguments));
  }

  /** Returns the exit status; never exits the JVM. */
  public static int run(String... arguments) {
    return CommandTree.run(new TrainerMain(), arguments);
  }

  @Override
  public List<Class<?>> commands() {
    return List.of(
        PlanCommand.class,
        FindLrCommand.class,
        RunCommand.class,
        SweepCommand.class,
        ResumeCommand.class,
        ExtendCommand.class,
        InspectCommand.class,
        EvaluateCommand.class,
        ReportCommand.class,
        PredictCommand.class,
        PreviewCommand.class,
        ArchsCommand.class,
        LayersCommand.class,
        InitCommand.class,
        FetchCommand.class,
        FeaturesCommand.class);
  }

  @Override
  public Map<String, String> otherNames() {
    return ForeignNames.TRAINER;
  }

  @Override
  public void run() {
    throw new ParameterException(spec.commandLine(), "name a command");
  }
}
