package dev.lapidary.trainer.cli;

import dev.lapidary.core.cli.ProgramCommand;
import dev.lapidary.core.cli.TextTable;
import dev.lapidary.core.failure.Failure;
import dev.lapidary.core.failure.Phrase;
import dev.lapidary.core.tensor.Tensor;
import dev.lapidary.trainer.checkpoint.Checkpoints;
import dev.lapidary.trainer.checkpoint.TrainingState;
import dev.lapidary.trainer.run.inputs.RunDirectory;
import java.io.IOException;
import java.io.PrintWriter;
import java.nio.file.Path;
import java.util.Map;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;

/** {@code trainer inspect}. */
@Command(
    name = "inspect",
    description = "Prints what a run's newest sound checkpoint holds; libtorch is not needed.")
public final class InspectCommand extends ProgramCommand {
  @Parameters(paramLabel = "RUN", description = "The run directory.")
  private Path run;

  @Option(names = "--tensors", description = "Lists every tensor.")
  private boolean tensors;

  @Override
  public Integer call() throws IOException {
    RunDirectory.requireRun(run);
    PrintWriter out = out();
    Checkpoints checkpoints = new Checkpoints(run.resolve("checkpoints"));
    Checkpoints.Saved saved =
        checkpoints
            .newest(err()::println)
            .orElseThrow(
                () ->
                    Failure.badInput(
                        "%s has no checkpoint yet; trainer resume starts it at step 0", run));
    out.print(table(saved));
    if (tensors) {
      list(out, "model", saved.model());
      list(out, "optimizer", saved.optimizer());
    }
    out.flush();
    return 0;
  }

  private static TextTable table(Checkpoints.Saved saved) {
    TrainingState state = saved.state();
    TrainingState.Position next = state.position();
    TextTable table = new TextTable().texts("", "");
    table.row("run", state.identity().runId());
    table.row("finished", state.finished() ? "yes" : "no");
    table.row("steps done", next.step());
    table.row(
        "next",
        Phrase.of("stage %d, epoch %d, batch %d", next.stage(), next.epoch(), next.batch()));
    state
        .best()
        .ifPresent(
            b ->
                table.row(
                    "best",
                    Phrase.of(
                        "score %.4f, loss %.4f, epoch %d (%s)",
                        b.score(), b.loss(), b.epoch(), b.file())));
    table.row("metrics", state.metricsBytes() + " bytes");
    table.row("data", state.identity().manifestSha256());
    table.row("initial weights", state.identity().initialSha256());
    table.row("libtorch", state.identity().libtorch());
    table.row("threads", state.identity().threads());
    table.row("cpu", state.identity().capability());
    table.row("config", state.identity().config());
    return table.row(
        "tensors",
        Phrase.of(
            "%d of the model, %d of the optimizer",
            saved.model().size(), saved.optimizer().size()));
  }

  private static void list(PrintWriter out, String kind, Map<String, Tensor> tensors) {
    tensors.forEach((name, tensor) -> out.println(kind + "." + name + " " + tensor));
  }
}
