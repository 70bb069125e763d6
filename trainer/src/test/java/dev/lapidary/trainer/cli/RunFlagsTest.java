package dev.lapidary.trainer.cli;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.lapidary.core.cli.HelpSection;
import dev.lapidary.core.failure.Failure;
import dev.lapidary.trainer.plan.RunConfig;
import dev.lapidary.trainer.plan.RunDefaults;
import dev.lapidary.trainer.plan.RunYaml;
import dev.lapidary.trainer.plan.Schedule;
import dev.lapidary.trainer.plan.StageConfig;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.MethodSource;
import org.junit.jupiter.params.provider.ValueSource;
import picocli.CommandLine;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.OptionSpec;
import picocli.CommandLine.ParameterException;

/** A flag is its key: the same run, whichever of the two says it. */
class RunFlagsTest {
  private static final List<String> DATA = List.of("--data=x", "--arch=resnet18");

  @Command
  private static final class Flags {
    @Mixin private PlanOptions plan;
  }

  private static RunConfig plan(String... more) {
    List<String> arguments = new ArrayList<>(DATA);
    if (Arrays.stream(more).anyMatch(flag -> flag.startsWith("--arch="))) {
      arguments.removeIf(flag -> flag.startsWith("--arch="));
    }
    arguments.addAll(Arrays.asList(more));
    return parsed(arguments);
  }

  private static RunConfig parsed(List<String> arguments) {
    Flags flags = new Flags();
    new CommandLine(flags)
        .setCaseInsensitiveEnumValuesAllowed(true)
        .parseArgs(arguments.toArray(String[]::new));
    return flags.plan.config();
  }

  /** But for what the recipe chooses, a command that says nothing is a file that says nothing. */
  @Test
  void nothingSaidIsTheDefaults() {
    String written =
        "{data: {train: x}, model: {arch: resnet18, min-batch-norm-momentum: 0.1},"
            + " stages: [{name: all}]}";
    RunConfig file = RunYaml.read(written, "run.yaml");
    assertThat(file.stages()).containsExactly(RunDefaults.stage());
    assertThat(plan("--optimizer=sgd", "--best-by=accuracy")).isEqualTo(file);
    RunConfig chosen = file;
    for (String set :
        List.of(
            "checkpoints.best-by=auto",
            "stages.0.optimizer.kind=adamw",
            "stages.0.lr=0.001",
            "stages.0.weight-decay=0.01")) {
      chosen = RunYaml.with(chosen, set);
    }
    assertThat(plan()).isEqualTo(chosen);
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      value = {
        "--val-split=0.3 | data.val-split=0.3",
        "--group-by=(a)_ | data.group-by=(a)_",
        "--on-bad-image=skip | data.on-bad-image=skip",
        "--sampling=balanced | data.sampling=balanced",
        "--source-data=other | data.source-data=other",
        "--best-by=balanced_accuracy | checkpoints.best-by=balanced_accuracy",
        "--force | model.freeze-unloaded=true",
        "--head=fc | model.head.name=fc",
        "--min-batch-norm-momentum=0.2 | model.min-batch-norm-momentum=0.2",
        "--loss=bce | loss.function=bce",
        "--no-auxiliary | loss.auxiliary=false",
        "--batch-size=auto | stages.0.batch-size=auto",
        "--no-decay-norms | stages.0.decay-norms-and-biases=false",
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
        "--memory=2g | memory-megabytes=2048",
        "--world-size=4 | rounds.world-size=4",
        "--outer-lr=0.5 | rounds.outer-lr=0.5"
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

  private static final String TWO_STAGES =
      """
      seed: 7
      data: {train: x, val-split: 0.3}
      model: {file: m.pt}
      stages:
      - {name: head, epochs: 2, lr: 0.1, train-only: [head]}
      - {name: all, epochs: 4, lr: 0.001, schedule: {shape: {kind: one-cycle}}}
      """;

  private static RunConfig merged(Path file, String... flags) {
    List<String> arguments = new ArrayList<>(List.of("--config=" + file));
    arguments.addAll(Arrays.asList(flags));
    return parsed(arguments);
  }

  @Test
  void whatTheCommandLineSaysWinsOverTheFileAndNothingElseChanges(@TempDir Path folder)
      throws IOException {
    Path file = Files.writeString(folder.resolve("run.yaml"), TWO_STAGES);
    RunConfig read = RunYaml.read(TWO_STAGES, "run.yaml");
    assertThat(merged(file)).isEqualTo(read);
    RunConfig other =
        merged(
            file, "--arch=resnet18", "--val=v", "--lr=0.5", "--warmup=3", "--ema=0.9", "--seed=0");
    assertThat(other.seed()).isZero();
    assertThat(other.data().valSplit()).isEqualTo(0.3);
    assertThat(other.data().val()).contains("v");
    assertThat(other.model().arch()).contains("resnet18");
    assertThat(other.model().file()).isEmpty();
    assertThat(other.ema().decay()).isEqualTo(0.9);
    assertThat(other.stages()).extracting(StageConfig::lr).containsExactly(0.5, 0.5);
    assertThat(other.stages()).extracting(s -> s.schedule().warmup()).containsExactly(2.0, 3.0);
    assertThat(other.stages()).extracting(StageConfig::epochs).containsExactly(2, 4);
    assertThat(other.stages().get(1).schedule().shape()).isInstanceOf(Schedule.OneCycle.class);
    assertThat(merged(file, "--lr=0.5", "--set=stages.1.lr=0.25").stages().get(1).lr())
        .isEqualTo(0.25);
  }

  @ParameterizedTest
  @ValueSource(strings = {"--epochs=9", "--freeze-epochs=1", "--freeze-lr=1", "--gradual-unfreeze"})
  void whatCannotMeanAnyStageOfTheFileIsRefused(String flag, @TempDir Path folder)
      throws IOException {
    Path file = Files.writeString(folder.resolve("run.yaml"), TWO_STAGES);
    assertThatThrownBy(() -> merged(file, flag))
        .hasMessageContaining(flag.replaceFirst("=.*", "") + " ")
        .hasMessageContaining("--set stages.");
  }

  @Test
  void theOnlyStageOfAFileIsTheOneThatIsMeant(@TempDir Path folder) throws IOException {
    Path file =
        Files.writeString(
            folder.resolve("run.yaml"),
            "{data: {train: x}, model: {arch: resnet18}, stages: [{name: a, epochs: 3}]}");
    assertThat(merged(file, "--epochs=9").stages().get(0).epochs()).isEqualTo(9);
  }

  /** What the help says may be given is taken, and what lies just beyond is refused. */
  @ParameterizedTest
  @MethodSource("numbers")
  void theRangeInTheHelpIsTheRange(OptionSpec option) {
    String text = String.join(" ", option.description());
    Matcher range = RANGE.matcher(text);
    assertThat(range.find()).as("%s says its range: %s", option.longestName(), text).isTrue();
    String lowest = range.group("low");
    if (lowest != null) {
      boolean closed = range.group("open").equals("[");
      assertAccepts(option, lowest, closed);
      String highest = range.group("high");
      assertAccepts(option, highest, range.group("close").equals("]"));
      assertAccepts(option, "1.5", false);
      assertAccepts(option, "-0.5", false);
    } else if (range.group("least") != null) {
      assertAccepts(option, "1", true);
      assertAccepts(option, "0", false);
    } else {
      boolean closed = range.group("zero") != null;
      assertAccepts(option, "0", closed);
      assertAccepts(option, "1", true);
      assertAccepts(option, "-1", false);
    }
  }

  private static final Pattern RANGE =
      Pattern.compile(
          "In (?<open>[(\\[])(?<low>\\d), (?<high>\\d)(?<close>[)\\]])\\."
              + "|(?<least>[Aa]t least 1)\\b|(?<zero>0 or more)\\.|(?<above>Above 0)\\.");

  private static void assertAccepts(OptionSpec option, String value, boolean accepted) {
    String name = option.longestName();
    List<String> given = new ArrayList<>(List.of(name + "=" + value));
    if (name.equals("--epochs") || (name.startsWith("--freeze-") && !name.endsWith("-epochs"))) {
      given.add("--freeze-epochs=1");
    }
    if (name.equals("--restarts")) {
      given.add("--epochs=4");
    }
    if (name.equals("--source-weight")) {
      given.add("--source-data=other");
    }
    boolean taken = true;
    try {
      plan(given.toArray(String[]::new));
    } catch (Failure | ParameterException e) {
      taken = false;
    }
    assertThat(taken).as("%s=%s is accepted", name, value).isEqualTo(accepted);
  }

  static Stream<OptionSpec> numbers() {
    return new CommandLine(new Flags())
        .getCommandSpec().options().stream()
            .filter(o -> !Set.of("--seed", "--memory").contains(o.longestName()))
            .filter(o -> NUMBERS.contains(o.type()) || o.paramLabel().equals("RATE"));
  }

  private static final Set<Class<?>> NUMBERS =
      Set.of(int.class, Integer.class, double.class, Double.class, long.class, Long.class);

  @Test
  void everyOptionHasASection() {
    Set<String> named = new HashSet<>();
    for (HelpSection section : RunSections.with(new HelpSection("Output", List.of(), List.of()))) {
      named.addAll(section.usual());
      named.addAll(section.more());
    }
    List<String> options =
        new CommandLine(new Flags())
            .getCommandSpec().options().stream().map(OptionSpec::longestName).toList();
    assertThat(named).containsExactlyInAnyOrderElementsOf(options);
  }

  private static String chosen(String... flags) {
    StageConfig stage = plan(flags).stages().get(0);
    String rule =
        RunDefaults.OPTIMIZERS.entrySet().stream()
            .filter(known -> known.getValue().equals(stage.optimizer()))
            .map(Map.Entry::getKey)
            .findFirst()
            .orElseThrow();
    return "%s %s %s".formatted(rule, stage.lr(), stage.weightDecay());
  }

  /** What was written out stays as it was: a rate alone is SGD's. */
  @Test
  void whatNobodyChoseIsChosenByTheSituation() {
    assertThat(chosen()).isEqualTo("adamw 0.001 0.01");
    assertThat(chosen("--lr=0.05")).isEqualTo("sgd 0.05 1.0E-4");
    assertThat(chosen("--weights=imagenet")).isEqualTo("adamw 0.002 0.01");
    assertThat(chosen("--pretrained", "--weight-decay=0.2")).isEqualTo("adamw 0.002 0.2");
    assertThat(chosen("--weights=w", "--lr=0.05")).isEqualTo("sgd 0.05 1.0E-4");
    assertThat(chosen("--weights=w", "--optimizer=sgd")).isEqualTo("sgd 0.03 1.0E-4");
    assertThat(chosen("--weights=w", "--optimizer=sgd", "--lr=1")).isEqualTo("sgd 1.0 1.0E-4");
    assertThat(chosen("--optimizer=adamw")).isEqualTo("adamw 0.001 1.0E-4");
    assertThat(chosen("--recipe=transfer", "--lr=0.004")).isEqualTo("adamw 0.004 0.01");
    assertThat(chosen("--recipe=scratch", "--arch=vit_b_16", "--weights=w"))
        .isEqualTo("adamw 0.001 0.01");
    assertThat(chosen("--arch=vit_b_16", "--weights=w")).isEqualTo("adamw 1.0E-4 0.01");
    assertThat(plan("--weights=w", "--freeze-epochs=2").stages())
        .extracting(StageConfig::lr)
        .containsExactly(0.002, 0.002);
  }

  private static Optional<Double> momentum(String... flags) {
    return plan(flags).model().minBatchNormMomentum();
  }

  @Test
  void batchNormFollowsUnlessAnotherMomentumIsSaid() {
    assertThat(momentum("--weights=imagenet")).contains(0.1);
    assertThat(momentum("--weights=w", "--optimizer=sgd")).contains(0.1);
    assertThat(momentum("--recipe=transfer", "--lr=0.004")).contains(0.1);
    assertThat(momentum("--weights=w", "--min-batch-norm-momentum=0.02")).contains(0.02);
    assertThat(momentum("--weights=w", "--lr=0.05")).contains(0.1);
    assertThat(momentum("--weights=w", "--recipe=scratch")).contains(0.1);
    assertThat(momentum()).contains(0.1);
    assertThat(momentum("--min-batch-norm-momentum=1")).contains(1.0);
  }

  @Test
  void aNumberOfSgdsAloneIsSgds() {
    RunConfig plain = plan("--optimizer=sgd");
    assertThat(plan("--nesterov"))
        .isEqualTo(RunYaml.with(plain, "stages.0.optimizer.nesterov=true"))
        .isNotEqualTo(plain);
    assertThat(plan("--nesterov", "--optimizer=sgd")).isEqualTo(plan("--nesterov"));
  }

  @Test
  void aFileSaysAllAndNeedsNoRecipe(@TempDir Path folder) throws IOException {
    Path file = Files.writeString(folder.resolve("run.yaml"), TWO_STAGES);
    assertThatThrownBy(() -> merged(file, "--recipe=transfer"))
        .hasMessageStartingWith("--recipe chooses what nobody said, and --config ")
        .hasMessageEndingWith(" says all; leave one out");
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
