package dev.lapidary.trainer.run.round;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import ai.djl.ndarray.NDManager;
import dev.lapidary.core.failure.ExitCode;
import dev.lapidary.core.failure.Failure;
import dev.lapidary.core.image.Preprocessor;
import dev.lapidary.core.tensor.Tensor;
import dev.lapidary.trainer.augment.Augmentation;
import dev.lapidary.trainer.checkpoint.Checkpoints;
import dev.lapidary.trainer.checkpoint.TrainingState.Position;
import dev.lapidary.trainer.data.Loader;
import dev.lapidary.trainer.data.Shard;
import dev.lapidary.trainer.plan.RunConfig;
import dev.lapidary.trainer.plan.RunIdentity;
import dev.lapidary.trainer.plan.RunYaml;
import dev.lapidary.trainer.plan.StageConfig;
import dev.lapidary.trainer.program.Libtorch;
import dev.lapidary.trainer.program.Optimizer;
import dev.lapidary.trainer.program.ProgramTensor;
import dev.lapidary.trainer.program.TrainingProgram;
import dev.lapidary.trainer.report.Progress;
import dev.lapidary.trainer.run.Runs;
import dev.lapidary.trainer.run.TinyImages;
import dev.lapidary.trainer.run.inputs.RunDirectory;
import dev.lapidary.trainer.run.inputs.RunInputs;
import dev.lapidary.trainer.run.loop.RunOutcome;
import dev.lapidary.trainer.run.stage.EpochBatches;
import dev.lapidary.trainer.run.stage.StageRun;
import dev.lapidary.trainer.run.step.TrainingClock;
import dev.lapidary.trainer.run.step.TrainingStep;
import java.io.IOException;
import java.io.PrintWriter;
import java.io.StringWriter;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.BooleanSupplier;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class RoundsTest {
  private static final BooleanSupplier NEVER = () -> false;

  @TempDir private Path folder;
  private final StringWriter said = new StringWriter();
  private final Progress progress = new Progress(new PrintWriter(said, true), false);
  private RunConfig config;

  /** 24 images to train on: 12 of each of 2 workers, 3 steps of 4. */
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
            model: {arch: resnet20_cifar, input-size: 16, head: {dropout: 0.5}}
            rounds: {world-size: 2, outer-lr: 0.7, outer-momentum: 0.9}
            stages:
              - {name: all, epochs: 2, batch-size: 4, lr: 0.02, augment: "hflip,mixup"}
            """
                .formatted(data),
            "test");
  }

  /** The same batches, drawn and dropped out alike, their gradients added in the same order. */
  @Test
  void aStepOfWorkersIsToTheBitOneOfAMachineThatAccumulatesTheirBatches() {
    Map<String, Tensor> shared =
        Libtorch.call(
            1,
            () -> {
              RunInputs inputs = RunInputs.open(config, progress, NEVER);
              try (TrainingProgram program = inputs.openProgram();
                  RoundStep rounds =
                      new RoundStep(
                          inputs.config().rounds(),
                          step(inputs, program),
                          WorkersHere.open(inputs, folder, progress))) {
                StageConfig stage = inputs.config().stages().get(0);
                StageRun run = StageRun.enter(stage, program, inputs.network());
                EpochBatches plan = batches(inputs, new Shard(0, 2));
                assertThat(plan.steps()).isEqualTo(3);
                try (Optimizer optimizer = new Optimizer(program, stage.optimizer())) {
                  for (int i = 0; i < 3; i++) {
                    Position at = new Position(0, 0, i, i);
                    TrainingStep.Done done =
                        rounds.take(run, optimizer, plan, at, s -> 1, inputs.adapted());
                    assertThat(done.sums().images()).isEqualTo(8);
                  }
                  return parameters(program);
                }
              }
            });
    Map<String, Tensor> accumulated = Libtorch.call(1, this::accumulated);
    assertThat(shared.keySet()).isEqualTo(accumulated.keySet());
    shared.forEach(
        (name, tensor) ->
            assertThat(tensor.toFloats()).as(name).isEqualTo(accumulated.get(name).toFloats()));
  }

  private Map<String, Tensor> accumulated() throws IOException {
    RunInputs inputs = RunInputs.open(config, progress, NEVER);
    StageConfig stage = inputs.config().stages().get(0);
    var rule = inputs.network().preprocessing();
    Augmentation augmentation = Augmentation.parse(stage.augment(), rule, 3);
    try (TrainingProgram program = inputs.openProgram();
        Loader loader =
            new Loader(inputs.data().train(), Preprocessor.of(rule), augmentation, 1, 0);
        Optimizer optimizer = new Optimizer(program, stage.optimizer())) {
      Map<String, Tensor> before = parameters(program);
      StageRun run = StageRun.enter(stage, program, inputs.network());
      int[] order = new int[24];
      for (int batch = 0; batch < 6; batch++) {
        int[] own = batches(inputs, new Shard(batch % 2, 2)).samples(batch / 2, 1);
        System.arraycopy(own, 0, order, 4 * batch, 4);
      }
      TrainingStep step = step(inputs, program);
      try (Loader.Batches batches = loader.batches(order, 4, 0, 0)) {
        for (int i = 0; i < 3; i++) {
          try (NDManager manager = program.newStep()) {
            Position at = new Position(0, 0, 2L * i, i);
            TrainingStep.Part part = new TrainingStep.Part(8, 8, Shard.WHOLE);
            TrainingStep.Accumulated all =
                step.accumulate(manager, run, batches, at, part, inputs.adapted());
            step.update(manager, run, optimizer, at, all, 1);
          }
        }
      }
      Map<String, Tensor> after = parameters(program);
      assertThat(after.get("conv1.weight").toFloats())
          .isNotEqualTo(before.get("conv1.weight").toFloats());
      return after;
    }
  }

  private TrainingStep step(RunInputs inputs, TrainingProgram program) {
    return TrainingStep.of(
        inputs, program, Optional.empty(), new TrainingClock(), progress, folder);
  }

  private static EpochBatches batches(RunInputs inputs, Shard shard) {
    RunConfig run = inputs.config();
    return EpochBatches.of(
        inputs.data().train(), run.data().sampling(), run.seed(), 0, run.stages().get(0), shard);
  }

  private static Map<String, Tensor> parameters(TrainingProgram program) {
    Map<String, Tensor> copies = new LinkedHashMap<>();
    for (ProgramTensor parameter : program.parameters()) {
      copies.put(parameter.name(), parameter.copy());
    }
    return copies;
  }

  /** Stopped after so many steps, twice: also between the meetings of an epoch. */
  @ParameterizedTest
  @CsvSource({"1, 0, 2", "2, 0, 1", "2, 0.5, 4"})
  void aRunThatStoppedGoesOnToTheSameBytes(int localSteps, double after, int steps)
      throws IOException {
    RunConfig local = RunYaml.with(config, "rounds.local-steps=" + localSteps);
    local = RunYaml.with(local, "rounds.local-steps-after=" + after);
    Path whole = folder.resolve("whole");
    assertThat(Runs.start(whole, local, progress, NEVER)).isEqualTo(RunOutcome.FINISHED);
    assertThat(said.toString())
        .contains("2 workers own up to 12 of the 24 training images each; the result depends on")
        .contains(
            localSteps == 1
                ? "stage all: a step averages the gradients of 2 x 4 images"
                : "workers meet after each 2 steps of 4 images; the outer step has rate 0.7,"
                    + " momentum 0.9");
    Path stopped = folder.resolve("stopped");
    AtomicInteger asked = new AtomicInteger();
    assertThat(Runs.start(stopped, local, progress, () -> asked.incrementAndGet() >= steps))
        .isEqualTo(RunOutcome.INTERRUPTED);
    assertThat(Runs.resume(stopped, List.of(), List.of(), progress, NEVER))
        .isEqualTo(RunOutcome.FINISHED);
    assertThat(stopped.resolve("model.pt")).hasSameBinaryContentAs(whole.resolve("model.pt"));
    assertThat(Files.readString(whole.resolve("run.yaml"))).contains("world-size: 2");
    Checkpoints.Saved saved =
        new Checkpoints(stopped.resolve("checkpoints")).newest(warning -> {}).orElseThrow();
    assertThat(saved.state().position().step()).isEqualTo(6);
    assertThat(saved.optimizer().keySet())
        .anyMatch(key -> key.endsWith(".momentum_buffer"))
        .matches(keys -> keys.contains("conv1.weight.outer_momentum") == (localSteps > 1));
  }

  /** Post-local SGD: the first half is to the bit what averaged gradients give. */
  @Test
  void localStepsMayBeginLater() throws IOException {
    RunConfig local = RunYaml.with(config, "rounds.local-steps=3");
    RunConfig later = RunYaml.with(local, "rounds.local-steps-after=0.5");
    AtomicInteger rounds = new AtomicInteger();
    List<String> averaged = metrics("averaged", config, rounds);
    int each = rounds.getAndSet(0);
    List<String> mixed = metrics("mixed", later, rounds);
    assertThat(rounds.getAndSet(0)).isEqualTo(each - 2); // one of 3 steps in the second epoch
    List<String> ownSteps = metrics("own-steps", local, rounds);
    assertThat(rounds.get()).isEqualTo(each - 4);
    assertThat(said.toString())
        .contains(
            "stage all: a step averages the workers' gradients for the first 0.5 of the steps; then"
                + " workers meet after each 3 steps of 4 images; the outer step has rate 0.7,"
                + " momentum 0.9");
    assertThat(mixed.get(0)).isEqualTo(averaged.get(0)).isNotEqualTo(ownSteps.get(0));
    assertThat(mixed.get(1)).isNotEqualTo(averaged.get(1));
    assertThat(RunIdentity.of(later)).contains("\"local-steps\":3,\"local-steps-after\":0.5,");
    assertThat(RunIdentity.of(local)).doesNotContain("local-steps-after");
  }

  /**
   * A line an epoch.
   *
   * @param rounds asked after each whether to stop
   */
  private List<String> metrics(String name, RunConfig run, AtomicInteger rounds)
      throws IOException {
    Path out = folder.resolve(name);
    assertThat(Runs.start(out, run, progress, () -> rounds.incrementAndGet() < 0))
        .isEqualTo(RunOutcome.FINISHED);
    return Files.readAllLines(out.resolve("metrics.jsonl"));
  }

  /** Of all that the workers trained on, and not of one worker's own. */
  @Test
  void theTrainingAccuracyIsAFractionOfAllImages() throws IOException {
    Path out = folder.resolve("many");
    RunConfig many = RunYaml.with(config, "rounds.world-size=12");
    many = RunYaml.with(many, "stages.0.batch-size=2");
    assertThat(Runs.start(out, many, progress, NEVER)).isEqualTo(RunOutcome.FINISHED);
    assertThat(trainAccuracies(out)).hasSize(2).allMatch(value -> value >= 0 && value <= 1);
  }

  @Test
  void imagesOfASourceTaskAreSharedToo() throws IOException {
    Path source = TinyImages.write(folder.resolve("source"), 10, 2);
    RunConfig both = RunYaml.with(config, "data.source-data=" + source);
    both = RunYaml.with(both, "stages.0.augment=hflip");
    Path out = folder.resolve("both");
    assertThat(Runs.start(out, both, progress, NEVER)).isEqualTo(RunOutcome.FINISHED);
    assertThat(trainAccuracies(out)).hasSize(2).allMatch(value -> value >= 0 && value <= 1);
    Checkpoints.Saved saved =
        new Checkpoints(out.resolve("checkpoints")).newest(warning -> {}).orElseThrow();
    assertThat(saved.state().position().step()).isGreaterThan(6); // of the target alone
  }

  private static List<Double> trainAccuracies(Path run) throws IOException {
    return Files.readAllLines(run.resolve("metrics.jsonl")).stream()
        .map(line -> line.replaceAll(".*\"train_accuracy\":([-0-9.E]+).*", "$1"))
        .map(Double::valueOf)
        .toList();
  }

  @Test
  void momentumOfTheOuterStepIsAdvisedAgainstWhereMeetingsAreMany() {
    RunConfig few = RunYaml.with(config, "rounds.local-steps=4");
    assertThat(RoundNotes.advice(config)).isEmpty();
    assertThat(RoundNotes.advice(few))
        .hasSize(2)
        .last()
        .asString()
        .startsWith("outer-lr 0.7 with outer-momentum 0.9 is DiLoCo's, for some 500 steps")
        .endsWith("--outer-lr 1 --outer-momentum 0 takes the workers' mean itself");
    assertThat(RoundNotes.advice(RunYaml.with(few, "rounds.outer-momentum=0")))
        .singleElement()
        .asString()
        .startsWith("local-steps 4 saves traffic and may cost accuracy: ")
        .contains(", and average gradients for the first half with --local-steps-after 0.5");
    assertThat(RoundNotes.advice(RunYaml.with(few, "rounds.local-steps-after=0.25")).get(0))
        .endsWith("choose the least steps that the network between the machines allows");
    assertThat(RoundNotes.advice(RunYaml.with(few, "rounds.local-steps=500"))).hasSize(1);
  }

  @Test
  void aRunDoesNotGoOnWithOtherWorkersOrMeetings() throws IOException {
    Path run = folder.resolve("run");
    Runs.start(run, config, progress, () -> true);
    for (String set : List.of("rounds.world-size=3", "rounds.local-steps=2")) {
      assertThatThrownBy(() -> Runs.resume(run, List.of(set), List.of("config"), progress, NEVER))
          .isInstanceOfSatisfying(
              Failure.class, failure -> assertThat(failure.code()).isEqualTo(ExitCode.GATE_REFUSED))
          .hasMessageStartingWith(
              "the run was shared as {\"world-size\":2,\"local-steps\":1,\"outer-lr\":0.7,"
                  + "\"outer-momentum\":0.9}, and its checkpoints count by that: it cannot go on as"
                  + " {\"world-size\":")
          .hasMessageEndingWith("; give --weights model.safetensors to a new run");
    }
    assertThat(RunDirectory.readConfig(run).rounds()).isEqualTo(config.rounds());
  }

  @Test
  void oneWorkerIsNoRound() {
    RunConfig alone = RunYaml.with(config, "rounds.world-size=1");
    assertThat(RunIdentity.of(alone)).doesNotContain("rounds");
    assertThat(RunYaml.write(alone)).doesNotContain("rounds");
    assertThat(RunIdentity.of(config)).contains("\"rounds\":{\"world-size\":2,");
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      value = {
        "stages.0.batch-size=auto | batch-size auto is what one machine's memory holds",
        "stages.0.cache-variants=1 | cache-variants keeps features in the run directory",
        "data.sampling=balanced | sampling balanced draws from all images",
        "rounds.world-size=0 | rounds.world-size must lie in [1, 10000] but is 0",
        "rounds.local-steps=0 | rounds.local-steps must be at least 1, is 0",
        "rounds.local-steps-after=1 | rounds.local-steps-after must lie in [0, 1) but is 1.0",
        "rounds.local-steps-after=0.5 | rounds.local-steps-after 0.5 says when workers begin to"
            + " take",
        "rounds.outer-lr=0 | rounds.outer-lr must be positive but is 0.0",
        "rounds.outer-momentum=1 | rounds.outer-momentum must lie in [0, 1) but is 1.0"
      })
  void whatCannotBeSharedIsRefused(String set, String message) {
    assertThatThrownBy(() -> RunYaml.with(config, set))
        .isInstanceOf(Failure.class)
        .hasMessageContaining(message);
  }

  @Test
  void whatCannotBeSharedWithLocalStepsIsRefused() {
    RunConfig local = RunYaml.with(config, "rounds.local-steps=2");
    assertThat(RunYaml.with(config, "ema.decay=0.9").ema().decay()).isEqualTo(0.9);
    assertThatThrownBy(() -> RunYaml.with(local, "ema.decay=0.9"))
        .hasMessageContaining("world-size 2: ema follows the weights step by step");
    assertThatThrownBy(() -> RunYaml.with(local, "precision=fp16"))
        .hasMessageContaining("world-size 2: fp16 skips a step that overflows");
    assertThatThrownBy(() -> RunYaml.with(local, "rounds.world-size=1"))
        .hasMessageContaining("rounds.local-steps 2 needs workers that meet");
  }

  @Test
  void moreWorkersThanImagesAreRefusedAndAMissingClassIsSaid() throws IOException {
    Path out = folder.resolve("run");
    assertThatThrownBy(
            () -> Runs.start(out, RunYaml.with(config, "rounds.world-size=25"), progress, NEVER))
        .isInstanceOfSatisfying(
            Failure.class, failure -> assertThat(failure.code()).isEqualTo(ExitCode.BAD_INPUT))
        .hasMessageEndingWith(
            "world-size 25: there are 24 training images, so that worker 24 would own none; use at"
                + " most 24 workers");
    assertThat(out).doesNotExist();
    for (int i = 2; i < 10; i++) {
      Files.delete(folder.resolve("data/red/%03d.png".formatted(i)));
    }
    Libtorch.call(
        1,
        () -> {
          RunInputs inputs = RunInputs.open(config, progress, NEVER);
          assertThat(RoundNotes.of(inputs.config(), inputs.data().train()))
              .anyMatch(note -> note.matches("warning: worker [01] owns no image of class red"));
          return 0;
        });
  }
}
