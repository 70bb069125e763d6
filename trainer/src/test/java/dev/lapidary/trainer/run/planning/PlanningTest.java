package dev.lapidary.trainer.run.planning;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.lapidary.core.failure.ExitCode;
import dev.lapidary.core.failure.Failure;
import dev.lapidary.trainer.plan.RunConfig;
import dev.lapidary.trainer.plan.RunYaml;
import dev.lapidary.trainer.report.EpochMetrics;
import dev.lapidary.trainer.report.LrRangeTest;
import dev.lapidary.trainer.report.PlanText;
import dev.lapidary.trainer.report.Progress;
import dev.lapidary.trainer.report.StagePlan;
import dev.lapidary.trainer.report.StagePlan.Group;
import dev.lapidary.trainer.run.Runs;
import dev.lapidary.trainer.run.TinyImages;
import dev.lapidary.trainer.run.loop.MetricsLog;
import java.io.IOException;
import java.io.PrintWriter;
import java.io.StringWriter;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class PlanningTest {
  @TempDir private Path folder;
  private final Progress progress = new Progress(new PrintWriter(new StringWriter()), false);
  private RunConfig config;

  @BeforeEach
  void write() throws IOException {
    Path data = TinyImages.write(folder.resolve("data"), 10, 1);
    config =
        RunYaml.read(
            """
            seed: 3
            threads: 1
            device: cpu
            data: {train: "%s"}
            model: {arch: resnet20_cifar, input-size: 16, freeze-unloaded: true}
            stages:
              - {name: head, epochs: 1, batch-size: 8, train-only: [head], lr: 0.04}
              - {name: all, epochs: 2, batch-size: 5, lr: 0.02, layer-decay: 0.5}
            """
                .formatted(data),
            "test");
  }

  /** The rates that the plan promises are those that the run logs at each epoch's last step. */
  @Test
  void thePlanSaysWhatTheRunDoes() throws IOException {
    List<StagePlan> stages = Planning.of(config, false, progress, () -> false).stages();
    Path out = folder.resolve("run");
    Runs.start(out, config, progress, () -> false);
    List<EpochMetrics> epochs = MetricsLog.epochs(out.resolve("metrics.jsonl"));
    for (int epoch = 0; epoch < 3; epoch++) {
      StagePlan stage = stages.get(epoch == 0 ? 0 : 1);
      long lastStep = (epoch == 2 ? 2 : 1) * stage.stepsPerEpoch() - 1;
      double factor = stage.factors().get(stage.steps().indexOf(lastStep));
      double highest = stage.groups().stream().mapToDouble(Group::rate).max().orElseThrow();
      assertThat(epochs.get(epoch).lr()).isEqualTo(highest * factor);
    }
    assertThat(epochs.get(2).step())
        .isEqualTo(stages.stream().mapToLong(s -> s.epochs() * s.stepsPerEpoch()).sum());
  }

  @Test
  void eachPartSaysWhatItIs() {
    List<StagePlan> stages = Planning.of(config, false, progress, () -> false).stages();
    List<Group> head = stages.get(0).groups();
    assertThat(head).extracting(Group::name).startsWith("conv1 … bn1", "layer1").endsWith("fc");
    assertThat(head.get(0).parameters()).isEqualTo(3 * 3 * 3 * 16 + 2 * 16);
    assertThat(head.get(0).trained()).isFalse();
    assertThat(head.get(0).batchNorm()).isEqualTo("frozen");
    assertThat(head.get(0).origin()).isEqualTo("new");
    Group fc = head.get(head.size() - 1);
    assertThat(fc.members())
        .containsExactly(
            new StagePlan.Member("fc.weight", List.of(3L, 64L), false),
            new StagePlan.Member("fc.bias", List.of(3L), false));
    assertThat(fc.rate()).isEqualTo(0.04);
    assertThat(PlanText.lines(stages, true)).contains("    fc.weight [3, 64] new");
    assertThat(stages.get(1).groups()).extracting(Group::batchNorm).contains("live");
    assertThat(stages.get(1).groups())
        .extracting(Group::rate)
        .as("halved for each layer below the head")
        .containsExactly(0.02 / 16, 0.02 / 8, 0.02 / 4, 0.02 / 2, 0.02);
  }

  /** By hand: weights 4 bytes each; SGD has one moment for each that is trained. */
  @Test
  void memoryIsThatOfTheStage() {
    List<StagePlan> stages = Planning.of(config, false, progress, () -> false).stages();
    StagePlan.Memory head = stages.get(0).memory();
    StagePlan.Memory all = stages.get(1).memory();
    assertThat(head.gradients()).isEqualTo(4 * 195);
    assertThat(head.optimizer()).isEqualTo(4 * 195);
    assertThat(all.gradients()).isEqualTo(4 * stages.get(1).parameters());
    assertThat(all.weights()).isEqualTo(head.weights());
    assertThat(head.checkpoints()).isEqualTo(2 * (head.weights() + 4 * 195));
    assertThat(all.total())
        .as("with what Java and libtorch take")
        .isEqualTo(
            all.weights()
                + all.gradients()
                + all.optimizer()
                + all.activations()
                + all.checkpoints()
                + 480_000_000);
    long firstConvolution = 5L * 16 * 16 * 16 * 4; // batch 5, 16 channels, 16x16, float32
    assertThat(all.activations()).isGreaterThan(40 * firstConvolution);
    assertThat(head.activations()).isLessThan(all.activations() / 4);
  }

  @Test
  void adviceComesWithReasons() {
    List<String> advice = Planning.of(config, false, progress, () -> false).advice();
    assertThat(advice)
        .anySatisfy(line -> assertThat(line).startsWith("8 images in the smallest class are few"))
        .anySatisfy(line -> assertThat(line).contains("stage head has only 3 steps"))
        .anySatisfy(line -> assertThat(line).contains("statistics from batches of 5"));
  }

  @Test
  void measuringTakesRealStepsAndKeepsNothing() {
    Planning.Plan plan = Planning.of(config, true, progress, () -> false);
    assertThat(plan.measured()).extracting(Planning.Time::stage).containsExactly("head", "all");
    assertThat(plan.measured()).allSatisfy(t -> assertThat(t.secondsPerStep()).isPositive());
    assertThat(folder.resolve("checkpoints")).doesNotExist();
  }

  /** That the network is unchanged is checked, by hash, after every trial. */
  @Test
  void theRangeTestRisesByOneFactorAndStopsWhenTheLossExplodes() {
    LrRangeTest test = FindLr.of(config, 1, 1e-4, 1e6, 60, progress, () -> false);
    List<LrRangeTest.Point> points = test.points();
    assertThat(points.get(0).rate()).as("the first steps are left out").isBetween(1.1e-4, 1e-1);
    double factor = points.get(1).rate() / points.get(0).rate();
    assertThat(Math.pow(factor, 59)).isBetween(0.99e10, 1.01e10);
    assertThat(points).hasSizeBetween(10, 59);
    assertThat(test.suggested()).isBetween(points.get(0).rate(), 1.0);
    assertThat(FindLr.of(config, 1, 1e-4, 1e6, 60, progress, () -> false)).isEqualTo(test);
  }

  @Test
  void aStageThatIsNotThereIsNamed() {
    assertThatThrownBy(() -> FindLr.of(config, 2, 1e-4, 1, 20, progress, () -> false))
        .isInstanceOfSatisfying(
            Failure.class, f -> assertThat(f.code()).isEqualTo(ExitCode.BAD_INPUT))
        .hasMessage("--stage 2: the plan has 2, counted from 0");
  }
}
