package dev.lapidary.trainer.cli;

import dev.lapidary.core.failure.Failure;
import dev.lapidary.core.failure.Phrase;
import dev.lapidary.core.file.TextFile;
import dev.lapidary.trainer.plan.BestBy;
import dev.lapidary.trainer.plan.MemoryFormat;
import dev.lapidary.trainer.plan.Recipe;
import dev.lapidary.trainer.plan.RunConfig;
import dev.lapidary.trainer.plan.RunYaml;
import dev.lapidary.trainer.plan.RunYaml.Setting;
import dev.lapidary.trainer.plan.StageConfig;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.function.Predicate;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Model.OptionSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Spec;

/**
 * The options that make a plan: short forms of what {@code run.yaml} holds. {@code --config} gives
 * all of it, {@code --set} changes any key after that.
 */
final class PlanOptions {
  private static final String STAGES = "stages.";

  @Option(
      names = "--config",
      paramLabel = "FILE",
      description =
          "A run.yaml, such as that of another run; what other options say besides wins over it.")
  private @Nullable Path config;

  @Option(
      names = "--set",
      paramLabel = "KEY=VALUE",
      description = "Changes any key of run.yaml, such as stages.1.batch-size=4. Repeatable.")
  private List<String> sets = new ArrayList<>();

  @Option(
      names = "--data",
      paramLabel = "DIR|LIST",
      description =
          "A folder with one sub-folder a class, or with parts such as train and val of that kind;"
              + " a CSV or JSONL list; or IDX files.")
  private @Nullable String data;

  @Option(
      names = "--recipe",
      description =
          "Optimizer, rate and weight decay where they are not given: transfer, from pretrained"
              + " weights, or scratch; by whether there are any. A --lr alone is SGD's.")
  private @Nullable Recipe recipe;

  @Option(names = "--channels-last", description = "The same as --memory-format channels_last.")
  private boolean channelsLast;

  @Mixin private NetworkOptions network = new NetworkOptions();
  @Mixin private ThreadsWaitOption threadsWait = new ThreadsWaitOption();
  @Mixin private StageOptions stages = new StageOptions();

  @Spec(Spec.Target.MIXEE)
  private CommandSpec command;

  private Optional<String> note = Optional.empty();

  private final Map<RunFlag, OptionSpec> flags = new LinkedHashMap<>();

  /** Adds {@link RunFlags} to what is annotated here. */
  @Spec
  void addFlags(CommandSpec options) {
    for (RunFlag flag : RunFlags.ALL) {
      OptionSpec option = flag.option();
      flags.put(flag, option);
      options.addOption(option);
    }
  }

  ThreadsWaitOption threadsWait() {
    return threadsWait;
  }

  boolean force() {
    return settings(option -> true).stream().anyMatch(s -> s.key().equals("model.freeze-unloaded"));
  }

  /** The plan that the options say, checked. */
  RunConfig config() {
    try {
      RunConfig asked = config == null ? fromOptions() : fromFile(config);
      for (String set : sets) {
        asked = RunYaml.with(asked, set);
      }
      return asked;
    } catch (IllegalArgumentException e) {
      throw Failure.badInput("%s", e.getMessage() + "");
    }
  }

  /** What the command line says wins over the file. */
  private RunConfig fromFile(Path file) {
    if (recipe != null) {
      throw Failure.badInput(
          "--recipe chooses what nobody said, and --config %s says all; leave one out", file);
    }
    RunConfig read = RunYaml.read(TextFile.read(file), file.toString());
    List<Setting> run = new ArrayList<>();
    if (data != null) {
      run.add(new Setting("data.train", data));
    }
    run.addAll(network.settings(this::isGiven));
    run.addAll(memoryFormat());
    List<Setting> each = new ArrayList<>();
    settings(this::isGiven).forEach(setting -> sort(setting, run, each));
    if (isGiven("--arch") && !isGiven("--model")) {
      run.add(new Setting("model.file", Optional.empty()));
    }
    if (isGiven("--model") && !isGiven("--arch")) {
      run.add(new Setting("model.arch", Optional.empty()));
    }
    return RunYaml.with(read, run, stages.over(read.stages(), each, this::isGiven, file));
  }

  private List<Setting> memoryFormat() {
    if (channelsLast && isGiven("--memory-format")) {
      throw Failure.badInput("--channels-last is a --memory-format; leave one of them out");
    }
    return channelsLast
        ? List.of(new Setting("memory-format", MemoryFormat.CHANNELS_LAST))
        : List.of();
  }

  private boolean isGiven(String option) {
    return command.commandLine().getParseResult().hasMatchedOption(option);
  }

  private RunConfig fromOptions() {
    if (data == null) {
      throw Failure.badInput("--data is missing: a folder with one sub-folder a class");
    }
    List<Setting> run = new ArrayList<>(List.of(new Setting("data.train", data)));
    run.addAll(network.settings(option -> true));
    run.addAll(memoryFormat());
    List<Setting> each = new ArrayList<>();
    settings(option -> true).forEach(setting -> sort(setting, run, each));
    if (!isGiven("--best-by")) {
      run.add(new Setting("checkpoints.best-by", BestBy.AUTO));
    }
    Recipe chosen = chosen();
    if (!isGiven("--min-batch-norm-momentum")) {
      run.add(new Setting("model.min-batch-norm-momentum", Recipe.MIN_BATCH_NORM_MOMENTUM));
    }
    boolean sgds = isGiven("--lr") || each.stream().anyMatch(s -> s.key().startsWith("optimizer."));
    boolean free = recipe != null || (!isGiven("--optimizer") && !sgds);
    if (!isGiven("--optimizer") && free) {
      each.add(new Setting("optimizer", Recipe.OPTIMIZER));
      if (!isGiven("--weight-decay")) {
        each.add(new Setting("weight-decay", Recipe.WEIGHT_DECAY));
      }
    }
    RunConfig config = RunYaml.of(run, stages.stages(each, rate(chosen, each)));
    note =
        free && !isGiven("--optimizer")
            ? Optional.of(note(chosen, config.stages().get(config.stages().size() - 1)))
            : Optional.empty();
    return config;
  }

  private Recipe chosen() {
    if (recipe != null) {
      return recipe;
    }
    boolean knows = network.weights().isPresent() || isGiven("--model");
    return knows ? Recipe.TRANSFER : Recipe.SCRATCH;
  }

  private double rate(Recipe chosen, List<Setting> each) {
    String optimizer =
        each.stream()
            .filter(setting -> setting.key().equals("optimizer"))
            .map(setting -> String.valueOf(setting.value()))
            .findFirst()
            .orElse("sgd");
    return chosen.rate(optimizer, network.arch);
  }

  private static String note(Recipe recipe, StageConfig last) {
    return Phrase.of(
        "recipe %s (%s): %s, rate %s, weight decay %s",
        recipe.name().toLowerCase(Locale.ROOT),
        recipe == Recipe.TRANSFER ? "pretrained weights" : "random weights",
        Recipe.OPTIMIZER,
        last.lr(),
        last.weightDecay());
  }

  /** What was chosen where nobody did, after {@link #config}. */
  Optional<String> note() {
    return note;
  }

  private static void sort(Setting setting, List<Setting> run, List<Setting> each) {
    if (setting.key().startsWith(STAGES)) {
      each.add(new Setting(setting.key().substring(STAGES.length()), setting.value()));
    } else {
      run.add(setting);
    }
  }

  /** Of the flags for which {@code given} holds. */
  private List<Setting> settings(Predicate<String> given) {
    List<Setting> settings = new ArrayList<>();
    flags.forEach(
        (flag, option) ->
            Optional.ofNullable(option.getValue())
                .filter(value -> given.test(option.longestName()))
                .flatMap(flag::setting)
                .ifPresent(settings::add));
    return settings;
  }
}
