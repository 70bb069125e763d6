package dev.lapidary.quickstart;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.lapidary.trainer.plan.RunConfig;
import dev.lapidary.trainer.plan.RunYaml;
import dev.lapidary.trainer.report.EpochMetrics;
import dev.lapidary.trainer.report.Progress;
import dev.lapidary.trainer.run.Runs;
import dev.lapidary.trainer.run.loop.MetricsLog;
import dev.lapidary.trainer.run.planning.FindLr;
import java.io.IOException;
import java.io.PrintWriter;
import java.io.Writer;
import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/**
 * What {@code trainer find-lr} suggests, held by the accuracy that it gives: fine-tuning on 20
 * images of each of the quickstart's classes, which the weights have never seen.
 */
class FindLrAccuracyTest {
  private static final Path DATA = Path.of("data");
  private static final int TRAINED = 20;
  private static final int MEASURED = 10;

  @TempDir private Path folder;
  private final Progress silent = new Progress(new PrintWriter(Writer.nullWriter()), false);

  @BeforeEach
  void link() throws IOException {
    first("train", TRAINED);
    first("val", MEASURED);
  }

  /**
   * Chance is 0.2. A suggestion that is an artefact of the first steps lies decades too low, and
   * what it gives is hardly better than a thirtieth of it.
   */
  @Test
  void theSuggestedRateTrainsWell() throws IOException {
    RunConfig config = config("sgd");
    double suggested =
        FindLr.of(config, 0, 1e-6, 10, 100, silent, FindLrAccuracyTest::never).suggested();
    double lower = accuracy(config, suggested / 30);
    assertThat(accuracy(config, suggested))
        .as("%s; a thirtieth gives %s", suggested, lower)
        .isGreaterThan(0.6)
        .isGreaterThan(lower);
  }

  @Test
  void anAdaptiveOptimizersDoesToo() throws IOException {
    RunConfig config = config("adamw");
    double suggested =
        FindLr.of(config, 0, 1e-6, 10, 100, silent, FindLrAccuracyTest::never).suggested();
    assertThat(accuracy(config, suggested)).as("%s", suggested).isGreaterThan(0.6);
  }

  /** Between rates at which nothing moves, and up to one at which the loss still falls. */
  @Test
  void aCurveThatAnswersNothingGivesNoRate() {
    RunConfig config = config("sgd");
    assertThatThrownBy(
            () -> FindLr.of(config, 0, 1e-12, 1e-10, 20, silent, FindLrAccuracyTest::never))
        .hasMessageContaining("the loss falls at no rate from ");
    assertThatThrownBy(
            () -> FindLr.of(config, 0, 1e-4, 0.01, 60, silent, FindLrAccuracyTest::never))
        .hasMessageContaining("the loss still falls at the last rate");
  }

  private RunConfig config(String optimizer) {
    return RunYaml.read(
        """
        seed: 1
        threads: 1
        device: cpu
        data: {train: "%s", val: "%s"}
        model:
          arch: resnet20_cifar
          weights: "%s"
        stages:
          - {name: all, epochs: 6, batch-size: 10, optimizer: {kind: %s}, weight-decay: 0.01}
        """
            .formatted(
                folder.resolve("train"),
                folder.resolve("val"),
                DATA.resolve("resnet20_cifar-fashion-even.safetensors"),
                optimizer),
        "test");
  }

  private double accuracy(RunConfig config, double rate) throws IOException {
    Path out = folder.resolve("run-" + rate);
    Runs.start(out, RunYaml.with(config, "stages.0.lr=" + rate), silent, FindLrAccuracyTest::never);
    return MetricsLog.epochs(out.resolve("metrics.jsonl")).stream()
        .mapToDouble(EpochMetrics::valAccuracy)
        .max()
        .orElseThrow();
  }

  /** So many images of each class. */
  private void first(String part, int images) throws IOException {
    try (var classes = Files.list(DATA.resolve(part))) {
      for (Path label : classes.toList()) {
        Path to = folder.resolve(part).resolve(label.getFileName());
        Files.createDirectories(to);
        try (var files = Files.list(label)) {
          for (Path file : files.sorted().limit(images).toList()) {
            Files.copy(file, to.resolve(file.getFileName()));
          }
        }
      }
    }
  }

  private static boolean never() {
    return false;
  }
}
