package dev.lapidary.trainer.run.sweep;

import dev.lapidary.core.failure.Failure;
import dev.lapidary.core.failure.Phrase;
import dev.lapidary.core.file.AtomicFile;
import dev.lapidary.core.file.TextFile;
import dev.lapidary.trainer.plan.RunConfig;
import dev.lapidary.trainer.report.ComparedRun;
import dev.lapidary.trainer.report.ComparisonPage;
import dev.lapidary.trainer.report.EpochMetrics;
import dev.lapidary.trainer.report.Progress;
import dev.lapidary.trainer.run.Runs;
import dev.lapidary.trainer.run.inputs.RunDirectory;
import dev.lapidary.trainer.run.loop.MetricsLog;
import dev.lapidary.trainer.run.loop.RunOutcome;
import dev.lapidary.trainer.run.network.NotFinite;
import dev.lapidary.trainer.run.sweep.SweepPlan.Candidate;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Optional;
import java.util.function.BooleanSupplier;

/**
 * Successive halving (Jamieson and Talwalkar, arXiv 1502.07943): all candidates are trained for a
 * few epochs, the best of them anew for more, and so on. Each is a run of its own, so what was done
 * is found again, and a stopped one goes on.
 */
public final class Sweep {
  private static final String GRID = "grid.yaml";

  private final Path out;
  private final SweepPlan plan;
  private final Progress progress;
  private final BooleanSupplier stop;
  private final List<ComparedRun> done = new ArrayList<>();

  private Sweep(Path out, SweepPlan plan, Progress progress, BooleanSupplier stop) {
    this.out = out;
    this.plan = plan;
    this.progress = progress;
    this.stop = stop;
  }

  /** How a candidate did. */
  private record Scored(Candidate candidate, ComparedRun run) {
    double score() {
      return run.best().map(ComparedRun::score).orElse(Double.NEGATIVE_INFINITY);
    }

    double loss() {
      return run.best().map(EpochMetrics::valLoss).orElse(Double.POSITIVE_INFINITY);
    }
  }

  /**
   * @param grid the file
   * @param out the folder of the runs; one of the same grid is gone on with
   * @param stop asked after each step
   * @return every run, the last rung first and the best of it at the top; empty if stopped
   * @throws Failure (exit 2) for a grid or a run that cannot be, or a folder of another grid
   */
  public static Optional<List<ComparedRun>> run(
      Path grid, Path out, Progress progress, BooleanSupplier stop) throws IOException {
    String text = TextFile.read(grid);
    SweepPlan plan = SweepPlan.read(text, grid.toString());
    Path kept = out.resolve(GRID);
    if (Files.exists(kept)) {
      if (!TextFile.read(kept).equals(text)) {
        throw Failure.badInput(
            "%s holds a sweep of another grid; choose another --out, or give that grid back", out);
      }
    } else {
      RunDirectory.requireNew(out);
      Files.createDirectories(out);
      AtomicFile.write(kept, file -> Files.writeString(file, text));
    }
    return new Sweep(out, plan, progress, stop).rungs();
  }

  private Optional<List<ComparedRun>> rungs() throws IOException {
    List<Candidate> left = plan.candidates();
    for (int rung = 0; rung < plan.epochs().size(); rung++) {
      List<Scored> scored = new ArrayList<>();
      for (Candidate candidate : left) {
        Optional<ComparedRun> run = train(rung, candidate);
        if (run.isEmpty()) {
          return Optional.empty();
        }
        scored.add(new Scored(candidate, run.get()));
      }
      scored.sort(
          Comparator.comparingDouble(Scored::score).reversed().thenComparingDouble(Scored::loss));
      done.addAll(0, scored.stream().map(Scored::run).toList());
      int survivors = Math.max(1, (left.size() + plan.keep() - 1) / plan.keep());
      left = scored.subList(0, survivors).stream().map(Scored::candidate).toList();
      AtomicFile.write(
          out.resolve("sweep.html"),
          file -> Files.writeString(file, ComparisonPage.of("Sweep", done)));
    }
    return Optional.of(List.copyOf(done));
  }

  /** Trains a candidate, or finds that it is trained; empty if it was stopped. */
  private Optional<ComparedRun> train(int rung, Candidate candidate) throws IOException {
    int epochs = plan.epochs().get(rung);
    String name = Phrase.of("rung-%d-run-%03d", rung, plan.candidates().indexOf(candidate));
    Path run = out.resolve(name);
    String settings = String.join(" ", candidate.settings());
    progress.say("%s: %d epochs, %s".formatted(name, epochs, settings));
    if (outcome(run, candidate.trained(epochs)) == RunOutcome.INTERRUPTED) {
      return Optional.empty();
    }
    return Optional.of(
        new ComparedRun(name, settings, MetricsLog.epochs(run.resolve("metrics.jsonl"))));
  }

  /** One that diverges has the epochs before that, and no more chances than they give it. */
  private RunOutcome outcome(Path run, RunConfig config) throws IOException {
    try {
      if (!RunDirectory.isRun(run)) {
        return Runs.start(run, config, progress, stop);
      }
      return Files.isRegularFile(RunDirectory.modelOf(run))
          ? RunOutcome.FINISHED
          : Runs.resume(run, List.of(), List.of(), progress, stop);
    } catch (NotFinite e) {
      progress.say("warning: " + e.getMessage());
      return RunOutcome.FINISHED;
    }
  }
}
