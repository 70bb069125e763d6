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

  /** What came later is no part of it, unless it is asked for: such runs can be gone on with. */
  @Test
  void aRunHasTheIdentityThatTheFirstOnesHad() {
    String first =
        """
          {"seed":0,"threads":0,"memory-megabytes":0,"device":"auto","precision":"FP32",\
          "channels-last":false,"gradient-checkpointing":false,"data":{"train":"-","val":null,\
          "test":null,"val-split":0.2,"group-by":null,"format":"AUTO","on-bad-image":"FAIL",\
          "sampling":"SHUFFLED","cache-megabytes":0,"cache-features":true},"model":{"name":"",\
          "arch":"resnet18","file":null,"weights":null,"weights-sha256":null,"min-match":0.5,\
          "freeze-unloaded":false,"head":{"name":null,"init":null,"dropout":null,"mlp":null},\
          "dropout":null,"stochastic-depth":null,"input-size":null,"resize":null,"mean":null,\
          "std":null},"loss":{"function":"CROSS_ENTROPY","label-smoothing":0.0,\
          "class-weights":"NONE","auxiliary":true,"teacher":null,"distill-alpha":0.5,\
          "distill-temperature":4.0},"stages":[{"name":"head","epochs":2,"batch-size":32,\
          "train-only":["head"],"freeze":[],"gradual-unfreeze":0,"optimizer":{"kind":"adamw",\
          "beta1":0.9,"beta2":0.999,"eps":1.0E-8},"lr":0.001,"stem-lr":null,\
          "weight-decay":1.0E-4,"decay-norms-and-biases":true,"layer-decay":1.0,"groups":[],\
          "schedule":{"by":"STEP","warmup":0.0,"warmup-start":0.1,"shape":{"kind":"cosine",\
          "min":0.0,"cycles":1,"growth":1.0}},"clip":{"norm":0.0,"value":0.0},\
          "augment":"rrc(scale=0.35..1), hflip","accumulate":1,"cache-variants":0},\
          {"name":"all","epochs":3,"batch-size":32,"train-only":[],"freeze":[],\
          "gradual-unfreeze":0,"optimizer":{"kind":"sgd","momentum":0.9,"dampening":0.0,\
          "nesterov":false},"lr":0.01,"stem-lr":null,"weight-decay":1.0E-4,\
          "decay-norms-and-biases":true,"layer-decay":1.0,"groups":[],"schedule":{"by":"STEP",\
          "warmup":1.0,"warmup-start":0.1,"shape":{"kind":"one-cycle","rise":0.3,\
          "divide":25.0,"final-divide":10000.0}},"clip":{"norm":0.0,"value":0.0},\
          "augment":"rrc(scale=0.35..1), hflip","accumulate":1,"cache-variants":0}],\
          "ema":{"decay":0.0,"warmup":false},"checkpoints":{"every-steps":0,\
          "every-minutes":10.0,"deliver":"BEST","patience":0,"keep-top":1}}""";
    assertThat(RunIdentity.of(RunYaml.read(SHORT, "run.yaml"))).isEqualTo(first);
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
