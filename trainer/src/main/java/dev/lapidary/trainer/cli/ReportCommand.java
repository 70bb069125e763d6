package dev.lapidary.trainer.cli;

import dev.lapidary.core.cli.ProgramCommand;
import dev.lapidary.core.failure.Failure;
import dev.lapidary.core.file.AtomicFile;
import dev.lapidary.trainer.plan.RunConfig;
import dev.lapidary.trainer.plan.RunIdentity;
import dev.lapidary.trainer.report.ComparedRun;
import dev.lapidary.trainer.report.ComparisonPage;
import dev.lapidary.trainer.run.inputs.RunDirectory;
import dev.lapidary.trainer.run.loop.MetricsLog;
import java.io.IOException;
import java.io.PrintWriter;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;

/** {@code trainer report}. */
@Command(
    name = "report",
    description = {
      "Compares runs: a table of their best epochs and of what is different in their"
          + " configurations, and with --out a page with their curves.",
      "",
      "Example: trainer report runs/a runs/b --out comparison.html"
    })
public final class ReportCommand extends ProgramCommand {
  private static final String METRICS = "metrics.jsonl";

  @Parameters(
      arity = "1..*",
      paramLabel = "RUN|DIR",
      description = "Run directories, and folders of them, such as a sweep's.")
  private List<Path> given = List.of();

  @Option(names = "--out", paramLabel = "FILE.html", description = "Writes the page, too.")
  private @Nullable Path out;

  @Option(names = "--force", description = "Replaces an existing file.")
  private boolean force;

  @Override
  public Integer call() throws IOException {
    if (out != null) {
      AtomicFile.requireAbsent(out, force);
    }
    List<Path> runs = runs();
    List<RunConfig> configs = new ArrayList<>();
    for (Path run : runs) {
      configs.add(RunDirectory.readConfig(run));
    }
    List<ComparedRun> compared = new ArrayList<>();
    for (int i = 0; i < runs.size(); i++) {
      Path metrics = runs.get(i).resolve(METRICS);
      if (!Files.exists(metrics)) {
        throw Failure.badInput("%s has no epoch yet", runs.get(i));
      }
      List<String> own = RunIdentity.differences(configs, i);
      compared.add(
          new ComparedRun(
              runs.get(i).toString(), String.join(" ", own), MetricsLog.epochs(metrics)));
    }
    PrintWriter to = out();
    ComparisonPage.lines(compared).forEach(to::println);
    to.flush();
    if (out != null) {
      String page = ComparisonPage.of("Comparison of %d runs".formatted(runs.size()), compared);
      AtomicFile.write(out, file -> Files.writeString(file, page));
    }
    return 0;
  }

  /** What is no run, and holds none either, is refused where it is read. */
  private List<Path> runs() throws IOException {
    List<Path> runs = new ArrayList<>();
    for (Path one : given) {
      List<Path> inside = RunDirectory.isRun(one) ? List.of() : inside(one);
      runs.addAll(inside.isEmpty() ? List.of(one) : inside);
    }
    return runs;
  }

  private static List<Path> inside(Path folder) throws IOException {
    if (!Files.isDirectory(folder)) {
      return List.of();
    }
    try (Stream<Path> files = Files.list(folder)) {
      return files
          .filter(RunDirectory::isRun)
          .filter(run -> Files.exists(run.resolve(METRICS)))
          .sorted()
          .toList();
    }
  }
}
