package dev.lapidary.trainer.plan;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.lapidary.core.failure.ExitCode;
import dev.lapidary.core.failure.Failure;
import dev.lapidary.core.image.Preprocessing;
import dev.lapidary.trainer.data.EpochOrder;
import dev.lapidary.trainer.program.UpdateRule;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class RunYamlTest {
  private static final String SHORT =
      """
      data: {train: photos}
      model: {arch: resnet18}
      stages:
        - {name: head, epochs: 2, train-only: [head], optimizer: {kind: adamw}, lr: 0.001}
        - {name: all, epochs: 3, schedule: {warmup: 1, shape: {kind: one-cycle}}}
      """;

  @Test
  void whatIsLeftOutHasItsDefault() {
    RunConfig config = RunYaml.read(SHORT, "run.yaml");
    assertThat(config.stages()).hasSize(2);
    assertThat(config.stages().get(0).optimizer()).isEqualTo(RunDefaults.OPTIMIZERS.get("adamw"));
    assertThat(config.stages().get(0).batchSize()).isEqualTo(RunDefaults.BATCH_SIZE);
    assertThat(config.stages().get(1).schedule().warmup()).isEqualTo(1);
    assertThat(config.stages().get(1).schedule().shape())
        .isEqualTo(new Schedule.OneCycle(0.3, 25, 1e4));
    assertThat(config.data().valSplit()).isEqualTo(0.2);
    assertThat(config.data().sampling()).isEqualTo(EpochOrder.SHUFFLED);
  }

  @Test
  void writtenAndReadIsEqual() {
    RunConfig config = RunYaml.with(RunYaml.read(SHORT, "run.yaml"), "data.sampling=balanced");
    config = RunYaml.with(config, "data.group-by='(patient\\d+)_'");
    assertThat(config.data().sampling()).isEqualTo(EpochOrder.BALANCED);
    assertThat(config.data().groupBy()).contains("(patient\\d+)_");
    assertThat(RunYaml.read(RunYaml.write(config), "again")).isEqualTo(config);
  }

  /** Runs from before there was such a key keep their identity. */
  @Test
  void aFilterThatIsNotAskedForIsNoPartOfARunsIdentity() {
    RunConfig config = RunYaml.read(SHORT, "run.yaml");
    assertThat(RunIdentity.of(config)).doesNotContain("interpolation");
    RunConfig asked = RunYaml.with(config, "model.interpolation=bicubic");
    assertThat(asked.model().interpolation()).contains(Preprocessing.Interpolation.BICUBIC);
    assertThat(RunIdentity.of(asked)).contains("\"interpolation\":\"BICUBIC\"");
    assertThat(RunYaml.read(RunYaml.write(asked), "again")).isEqualTo(asked);
  }

  /** Runs from before there was a choice go on as they began. */
  @Test
  void theOldKeyOfTheMemoryFormatIsRead() {
    RunConfig last = RunYaml.read("channels-last: true\n" + SHORT, "run.yaml");
    assertThat(last.memoryFormat()).isEqualTo(MemoryFormat.CHANNELS_LAST);
    RunConfig contiguous = RunYaml.read("channels-last: false\n" + SHORT, "run.yaml");
    assertThat(contiguous.memoryFormat()).isEqualTo(MemoryFormat.CONTIGUOUS);
    assertThat(RunYaml.write(contiguous)).contains("memory-format: CONTIGUOUS");
    assertThat(RunIdentity.of(contiguous))
        .contains("\"precision\":\"FP32\",\"channels-last\":false,\"gradient-checkpointing\"");
    assertThat(RunIdentity.of(last)).contains("\"channels-last\":true");
    assertThat(RunYaml.read(SHORT, "run.yaml").memoryFormat()).isEqualTo(MemoryFormat.DEFAULT);
  }

  @Test
  void setReachesAnyKey() {
    RunConfig config = RunYaml.read(SHORT, "run.yaml");
    assertThat(RunYaml.with(config, "stages.1.batch-size=4").stages().get(1).batchSize())
        .isEqualTo(4);
    assertThat(RunYaml.with(config, "stages.1.optimizer.kind=adam").stages().get(1).optimizer())
        .isInstanceOf(UpdateRule.Adam.class);
    RunConfig open = RunYaml.with(config, "stages.1.batch-size=auto");
    assertThat(open.stages().get(1).batchSize()).isEqualTo(StageConfig.AUTO);
    assertThat(RunYaml.write(open)).contains("batch-size: auto");
    assertThat(RunYaml.read(RunYaml.write(open), "again")).isEqualTo(open);
    assertThat(RunYaml.with(config, "data.val=other").data().val()).contains("other");
    assertThat(RunYaml.with(config, "stages.0.freeze=[a, b]").stages().get(0).freeze())
        .containsExactly("a", "b");
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      value = {
        "stages.1.batchsize=4 | there is no key batchsize among .*did you mean batch-size",
        "stages.7.lr=1 | there is no 7; the list has 2, counted from 0",
        "stages.1.optimizer.kind=adamm | there is no kind adamm .*did you mean adam",
        "stages.1.batch-size=many | stages.1.batch-size cannot be many",
        "data.group-by='(' | data.group-by is no regular expression: Unclosed group",
        "data.sampling=fair | data.sampling cannot be fair",
        "stages.1.batch-size=-1 | batch-size must be at least 1, or auto, is -1",
        "seed | expected key=value",
        "model.file=x.pt | exactly one of model.arch"
      })
  void refusesWithPlaceAndRemedy(String assignment, String message) {
    RunConfig config = RunYaml.read(SHORT, "run.yaml");
    assertThatThrownBy(() -> RunYaml.with(config, assignment))
        .isInstanceOfSatisfying(
            Failure.class, f -> assertThat(f.code()).isEqualTo(ExitCode.BAD_INPUT))
        .hasMessageFindingMatch(message)
        .hasMessageContaining(assignment);
  }

  @Test
  void refusesAnUnknownKeyWithNearNames() {
    assertThatThrownBy(() -> RunYaml.read(SHORT.replace("epochs: 3", "epoch: 3"), "run.yaml"))
        .hasMessageFindingMatch("\\[run.yaml\\] there is no key stages.1.epoch among")
        .hasMessageContaining("did you mean epochs");
  }
}
