package dev.lapidary.trainer.cli;

import static org.assertj.core.api.Assertions.assertThat;

import dev.lapidary.trainer.plan.RunConfig;
import dev.lapidary.trainer.plan.RunDefaults;
import dev.lapidary.trainer.plan.RunYaml;
import dev.lapidary.trainer.plan.Schedule;
import dev.lapidary.trainer.plan.StageConfig;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import picocli.CommandLine;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;

/** A flag is its key: the same run, whichever of the two says it. */
class RunFlagsTest {
  private static final List<String> DATA = List.of("--data=x", "--arch=resnet18");

  @Command
  private static final class Flags {
    @Mixin private PlanOptions plan;
  }

  private static RunConfig plan(String... more) {
    List<String> arguments = new ArrayList<>(DATA);
    arguments.addAll(Arrays.asList(more));
    Flags flags = new Flags();
    new CommandLine(flags)
        .setCaseInsensitiveEnumValuesAllowed(true)
        .parseArgs(arguments.toArray(String[]::new));
    return flags.plan.config();
  }

  @Test
  void nothingSaidIsTheDefaults() {
    RunConfig config = plan();
    assertThat(config.stages()).containsExactly(RunDefaults.stage());
    String written = "{data: {train: x}, model: {arch: resnet18}, stages: [{name: all}]}";
    assertThat(config).isEqualTo(RunYaml.read(written, "run.yaml"));
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      value = {
        "--val-split=0.3 | data.val-split=0.3",
        "--group-by=(a)_ | data.group-by=(a)_",
        "--on-bad-image=skip | data.on-bad-image=skip",
        "--sampling=balanced | data.sampling=balanced",
        "--force | model.freeze-unloaded=true",
        "--head=fc | model.head.name=fc",
        "--loss=bce | loss.function=bce",
        "--no-auxiliary | loss.auxiliary=false",
        "--batch-size=auto | stages.0.batch-size=auto",
        "--no-decay-norms | stages.0.decay-norms-and-biases=false",
        "--optimizer=LAMB | stages.0.optimizer.kind=lamb",
        "--schedule=ONE_CYCLE | stages.0.schedule.shape.kind=one-cycle",
        "--schedule-by=epoch | stages.0.schedule.by=epoch",
        "--restarts=2 | stages.0.schedule.shape.cycles=3",
        "--warmup=2.5 | stages.0.schedule.warmup=2.5",
        "--freeze=a,b | stages.0.freeze=[a, b]",
        "--clip-value=0.5 | stages.0.clip.value=0.5",
        "--ema=0.9 | ema.decay=0.9",
        "--precision=bf16 | precision=bf16",
        "--grad-checkpointing | gradient-checkpointing=true",
        "--checkpoint-every=3 | checkpoints.every-steps=3",
        "--memory=2g | memory-megabytes=2048"
      })
  void aFlagIsItsKey(String flag, String assignment) {
    assertThat(plan(flag)).isEqualTo(plan("--set=" + assignment)).isNotEqualTo(plan());
  }

  @Test
  void theHeadsStageHasItsOwnRatesAndTheWarmUpFitsIn() {
    List<StageConfig> stages =
        plan(
                "--freeze-epochs=2",
                "--epochs=8",
                "--lr=1e-5..1e-3",
                "--freeze-lr=0.1",
                "--freeze-batch-size=4",
                "--warmup=5",
                "--train-only=layer4,head")
            .stages();
    assertThat(stages).extracting(StageConfig::name).containsExactly("head", "all");
    assertThat(stages).extracting(StageConfig::lr).containsExactly(0.1, 1e-3);
    assertThat(stages).extracting(StageConfig::batchSize).containsExactly(4, 32);
    assertThat(stages).extracting(s -> s.schedule().warmup()).containsExactly(2.0, 5.0);
    assertThat(stages.get(0).trainOnly()).containsExactly("head");
    assertThat(stages.get(1).trainOnly()).containsExactly("layer4", "head");
    assertThat(stages.get(0).stemLr()).isEmpty();
    assertThat(stages.get(1).stemLr()).contains(1e-5);
  }

  @Test
  void everyOptimizerAndShapeCanBeNamed() {
    RunDefaults.OPTIMIZERS.forEach(
        (name, rule) ->
            assertThat(plan("--optimizer=" + name).stages().get(0).optimizer()).isEqualTo(rule));
    RunDefaults.SHAPES.forEach(
        (name, shape) -> {
          if (!(shape instanceof Schedule.MultiStep)) {
            assertThat(plan("--schedule=" + name).stages().get(0).schedule().shape())
                .isEqualTo(shape);
          }
        });
  }
}
