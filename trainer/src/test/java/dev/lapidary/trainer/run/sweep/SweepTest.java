package dev.lapidary.trainer.run.sweep;

import static org.assertj.core.api.Assertions.assertThat;

import dev.lapidary.core.cli.CommandTree;
import dev.lapidary.trainer.cli.TrainerMain;
import dev.lapidary.trainer.report.ComparedRun;
import dev.lapidary.trainer.report.Progress;
import dev.lapidary.trainer.run.TinyImages;
import java.io.IOException;
import java.io.PrintWriter;
import java.io.StringWriter;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Optional;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** {@code trainer sweep} and {@code trainer report}. */
class SweepTest {
  @TempDir Path folder;

  private final StringWriter out = new StringWriter();
  private final StringWriter err = new StringWriter();

  private Path grid() throws IOException {
    Path data = TinyImages.write(folder.resolve("data"), 5, 1);
    return Files.writeString(
        folder.resolve("grid.yaml"),
        """
        run:
          threads: 1
          data: {train: "%s"}
          model: {arch: resnet20_cifar, input-size: 16}
          stages: [{name: all, batch-size: 6}]
        grid: {stages.0.lr: [0.0, 0.05, 1.0e30], seed: [1]}
        epochs: [1, 2]
        keep: 2
        """
            .formatted(data));
  }

  private int run(Object... arguments) {
    out.getBuffer().setLength(0);
    err.getBuffer().setLength(0);
    String[] words = new String[arguments.length];
    for (int i = 0; i < words.length; i++) {
      words[i] = arguments[i].toString();
    }
    return CommandTree.run(
        new TrainerMain(), new PrintWriter(out, true), new PrintWriter(err, true), words);
  }

  @Test
  void theBetterHalfIsTrainedForLongerAndAStoppedSweepGoesOn() throws IOException {
    Path grid = grid();
    Path sweep = folder.resolve("sweep");
    Progress progress = new Progress(new PrintWriter(err, true), false);
    int[] steps = new int[1];
    Optional<List<ComparedRun>> stopped = Sweep.run(grid, sweep, progress, () -> ++steps[0] > 3);
    assertThat(stopped).isEmpty();
    assertThat(sweep.resolve("grid.yaml")).exists();
    assertThat(sweep.resolve("sweep.html")).doesNotExist();
    List<ComparedRun> whole = Sweep.run(grid, sweep, progress, () -> false).orElseThrow();
    assertThat(whole).extracting(ComparedRun::name).hasSize(5).doesNotHaveDuplicates();
    assertThat(whole.subList(0, 2)).allSatisfy(r -> assertThat(r.epochs()).hasSize(2));
    assertThat(whole.subList(2, 4)).allSatisfy(r -> assertThat(r.epochs()).hasSize(1));
    assertThat(whole.get(4).name()).as("it diverged").isEqualTo("rung-0-run-002");
    assertThat(whole.get(4).epochs()).isEmpty();
    assertThat(err.toString()).contains("warning: ");
    List<String> survivors =
        whole.subList(2, 4).stream().map(r -> r.name().replace("rung-0", "rung-1")).toList();
    assertThat(whole.subList(0, 2))
        .extracting(ComparedRun::name)
        .containsExactlyInAnyOrderElementsOf(survivors);

    assertThat(run("sweep", "--config", grid, "--out", sweep)).as(err.toString()).isZero();
    assertThat(out.toString().lines()).hasSize(6);
    assertThat(out.toString().lines().skip(1).findFirst().orElseThrow())
        .startsWith(whole.get(0).name() + " ")
        .endsWith(whole.get(0).settings());
    assertThat(err.toString())
        .contains("best: " + sweep.resolve(whole.get(0).name()) + ", stages.0.lr=");
    assertThat(Files.readString(sweep.resolve("sweep.html")))
        .contains("rung-0-run-002", "stages.0.lr=0.05", "<svg")
        .doesNotContain(folder.toString());

    Path page = folder.resolve("comparison.html");
    Path first = sweep.resolve("rung-0-run-000");
    Path second = sweep.resolve("rung-0-run-001");
    assertThat(run("report", first, second, "--out", page)).as(err.toString()).isZero();
    assertThat(out.toString())
        .contains("stages.0.lr=0.0")
        .contains("stages.0.lr=0.05")
        .doesNotContain("seed=");
    assertThat(Files.readString(page)).contains("Comparison of 2 runs", "Validation loss");

    assertThat(run("report", sweep)).as(err.toString()).isZero();
    assertThat(out.toString())
        .contains("rung-0-run-000 ", "rung-1-run-")
        .containsPattern("run +epochs  best epoch +accuracy +loss");

    Files.writeString(grid, Files.readString(grid).replace("keep: 2", "keep: 3"));
    assertThat(run("sweep", "--config", grid, "--out", sweep)).isEqualTo(2);
    assertThat(err.toString()).contains("holds a sweep of another grid; choose another --out");
  }

  /** As trainer run does; beside a run that counts all images alike the scores are named. */
  @Test
  void unevenClassesChooseByBalancedAccuracy() throws IOException {
    Path grid = grid();
    Path data = folder.resolve("data");
    try (Stream<Path> red = Files.list(data.resolve("red"))) {
      for (Path image : red.sorted().skip(2).toList()) {
        Files.delete(image);
      }
    }
    String text = Files.readString(grid).replace("1.0e30", "0.01").replace("[1, 2]", "[1]");
    Files.writeString(grid, text);
    Path sweep = folder.resolve("sweep");
    assertThat(run("sweep", "--config", grid, "--out", sweep)).as(err.toString()).isZero();
    assertThat(out.toString()).contains("best epoch  balanced accuracy");
    Files.writeString(
        grid, text.replace("  threads: 1", "  checkpoints: {best-by: accuracy}\n  threads: 1"));
    Path plain = folder.resolve("plain");
    assertThat(run("sweep", "--config", grid, "--out", plain)).as(err.toString()).isZero();
    assertThat(out.toString()).containsPattern("best epoch +accuracy +loss");
    assertThat(run("report", sweep, plain.resolve("rung-0-run-000"))).isZero();
    assertThat(out.toString())
        .containsPattern("best epoch +validation +loss")
        .containsPattern("rung-0-run-001 .* 0\\.\\d{4} balanced accuracy ")
        .containsPattern("plain/rung-0-run-000 .* 0\\.\\d{4} accuracy ");
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      value = {
        "grid: {seed: 3} | grid.seed must be a list of values but is 3",
        "grid: {} | grid has 1 combination; give keys of run.yaml",
        "grids: {seed: [1]} | there is no key grids among [run, grid, epochs, keep]; did you mean",
        "grid: {sede: [1, 2]} | grid.yaml] grid, sede=1: there is no key sede among",
        "grid: {lr: [1, 2]} | grid, lr=1: there is no key lr among",
        "grid: {lr: [1, 2]} | checkpoints]; did you mean stages.0.lr?",
        "{grid: {seed: [1, 2]}, keep: 1} | keep must be at least 2",
        "{grid: {seed: [1, 2]}, epochs: [3, 1]} | epochs must be a rising list from 1 on"
      })
  void whatIsNoGridIsNamed(String yaml, String message) throws IOException {
    String rest = yaml.startsWith("{") ? yaml.substring(1, yaml.length() - 1) : yaml;
    Path grid = folder.resolve("grid.yaml");
    Files.writeString(
        grid,
        "{run: {data: {train: x}, model: {arch: resnet18}, stages: [{name: a}]}, "
            + (rest.contains("epochs") ? "" : "epochs: [1], ")
            + rest
            + "}");
    assertThat(run("sweep", "--config", grid, "--out", folder.resolve("out"))).isEqualTo(2);
    assertThat(err.toString()).contains(message).startsWith("error: ");
    assertThat(folder.resolve("out")).doesNotExist();
  }
}
