package dev.lapidary.trainer.cli;

import dev.lapidary.core.failure.Failure;
import dev.lapidary.core.file.TextFile;
import dev.lapidary.trainer.plan.RunConfig;
import dev.lapidary.trainer.plan.RunYaml;
import dev.lapidary.trainer.plan.RunYaml.Setting;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
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

  @Option(names = "--config", description = "A run.yaml; other options but --set then add nothing.")
  private @Nullable Path config;

  @Option(
      names = "--set",
      paramLabel = "KEY=VALUE",
      description = "Changes any key of run.yaml, such as stages.1.batch-size=4. Repeatable.")
  private List<String> sets = new ArrayList<>();

  @Option(
      names = "--data",
      description =
          "A folder with one sub-folder a class, or with parts such as train and val of that kind; a"
              + " CSV or JSONL list; or IDX files.")
  private @Nullable String data;

  @Mixin private NetworkOptions network = new NetworkOptions();
  @Mixin private StageOptions stages = new StageOptions();

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

  boolean force() {
    return given().stream().anyMatch(s -> s.key().equals("model.freeze-unloaded"));
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

  private RunConfig fromFile(Path file) {
    RunConfig read = RunYaml.read(TextFile.read(file), file.toString());
    return data == null ? read : RunYaml.with(read, "data.train=" + data);
  }

  private RunConfig fromOptions() {
    if (data == null) {
      throw Failure.badInput("--data is missing: a folder with one sub-folder a class");
    }
    List<Setting> run = new ArrayList<>(List.of(new Setting("data.train", data)));
    run.addAll(network.settings());
    List<Setting> each = new ArrayList<>();
    for (Setting setting : given()) {
      if (setting.key().startsWith(STAGES)) {
        each.add(new Setting(setting.key().substring(STAGES.length()), setting.value()));
      } else {
        run.add(setting);
      }
    }
    return RunYaml.of(run, stages.stages(each));
  }

  private List<Setting> given() {
    List<Setting> given = new ArrayList<>();
    flags.forEach(
        (flag, option) ->
            flag.setting(Optional.ofNullable(option.getValue())).ifPresent(given::add));
    return given;
  }
}
