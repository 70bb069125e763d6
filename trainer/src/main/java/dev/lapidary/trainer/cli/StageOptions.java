package dev.lapidary.trainer.cli;

import dev.lapidary.core.failure.Failure;
import dev.lapidary.trainer.plan.NamePatterns;
import dev.lapidary.trainer.plan.RunYaml.Setting;
import dev.lapidary.trainer.plan.StageConfig;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.function.Predicate;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.ITypeConverter;
import picocli.CommandLine.Option;
import picocli.CommandLine.TypeConversionException;

/** The options that say which stages there are; the others hold for each ({@link RunFlags}). */
final class StageOptions {
  private static final String WARMUP = "schedule.warmup";
  private static final String COSINE = "cosine";

  static final class SizeReader implements ITypeConverter<Integer> {
    @Override
    public Integer convert(String text) {
      return RunFlags.batchSize(text);
    }
  }

  /** {@code RATE}, or {@code STEM..HEAD}. */
  record Rates(Optional<Double> stem, double head) {
    static final class Reader implements ITypeConverter<Rates> {
      @Override
      public Rates convert(String text) {
        int dots = text.indexOf("..");
        try {
          return dots < 0
              ? new Rates(Optional.empty(), Double.parseDouble(text))
              : new Rates(
                  Optional.of(Double.parseDouble(text.substring(0, dots))),
                  Double.parseDouble(text.substring(dots + 2)));
        } catch (NumberFormatException e) {
          throw new TypeConversionException(
              "'%s' is neither a rate nor a range such as 1e-5..1e-3".formatted(text));
        }
      }
    }
  }

  @Option(
      names = "--epochs",
      defaultValue = "10",
      description = "With everything trained, after --freeze-epochs. 0 or more.")
  private int epochs;

  @Option(
      names = "--freeze-epochs",
      defaultValue = "0",
      description = "Epochs before that in which only the last layer is trained. 0 or more.")
  private int freezeEpochs;

  @Option(
      names = "--freeze-batch-size",
      converter = SizeReader.class,
      paramLabel = "N|auto",
      description = "In the frozen epochs; --batch-size's unless given. At least 1.")
  private @Nullable Integer freezeBatchSize;

  @Option(
      names = "--gradual-unfreeze",
      arity = "0..1",
      fallbackValue = "1",
      defaultValue = "0",
      paramLabel = "EPOCHS",
      description =
          "Before --epochs so many for the head, then with one layer more each time. 0 or more.")
  private int gradualUnfreeze;

  @Option(
      names = "--lr",
      converter = Rates.Reader.class,
      paramLabel = "RATE",
      description =
          "The learning rate; 1e-5..1e-3: from the first layer's to the head's. What suits"
              + " optimizer and --recipe unless given. 0 or more.")
  private @Nullable Rates lr;

  @Option(
      names = "--freeze-lr",
      paramLabel = "RATE",
      description = "In the frozen epochs; --lr's unless given. 0 or more.")
  private @Nullable Double freezeLr;

  @Option(
      names = "--restarts",
      defaultValue = "0",
      description = "Of the cosine schedule. 0 or more.")
  private int restarts;

  /**
   * The keys of each stage.
   *
   * @param each keys that hold for every stage
   * @param usual the rate where none is given
   */
  List<List<Setting>> stages(List<Setting> each, double usual) {
    Rates rate = lr == null ? new Rates(Optional.empty(), usual) : lr;
    requireNotNegative("--epochs", epochs);
    requireNotNegative("--freeze-epochs", freezeEpochs);
    requireNotNegative("--restarts", restarts);
    List<List<Setting>> stages = new ArrayList<>();
    if (freezeEpochs > 0) {
      Rates rates = freezeLr == null ? rate : new Rates(Optional.empty(), freezeLr);
      List<Setting> head = stage(each, "head", freezeEpochs, rates);
      head.add(new Setting("train-only", List.of(NamePatterns.HEAD)));
      if (freezeBatchSize != null) {
        head.add(new Setting("batch-size", freezeBatchSize));
      }
      stages.add(head);
    }
    if (epochs > 0 || freezeEpochs == 0) {
      List<Setting> all = stage(each, "all", epochs, rate);
      all.add(new Setting("gradual-unfreeze", gradualUnfreeze));
      stages.add(all);
    }
    return stages;
  }

  /**
   * What the options change in stages that a file gives: those that make stages are refused where
   * it is not clear which they mean.
   *
   * @param each keys that hold for every stage
   * @param given whether an option was given
   */
  List<List<Setting>> over(
      List<StageConfig> stages, List<Setting> each, Predicate<String> given, Path file) {
    requireNotNegative("--restarts", restarts);
    for (String option : List.of("--freeze-epochs", "--freeze-lr", "--freeze-batch-size")) {
      if (given.test(option)) {
        throw Failure.badInput(
            "%s makes a stage, and --config %s has its own; change those by --set, as in"
                + " --set stages.0.epochs=2",
            option, file);
      }
    }
    for (String option : List.of("--epochs", "--gradual-unfreeze")) {
      if (given.test(option) && stages.size() > 1) {
        throw Failure.badInput(
            "%s is about one stage, and --config %s has %d; say which by --set, as in --set"
                + " stages.%d.%s=5",
            option, file, stages.size(), stages.size() - 1, option.substring(2));
      }
    }
    return stages.stream().map(stage -> over(stage, each, given)).toList();
  }

  private List<Setting> over(StageConfig stage, List<Setting> each, Predicate<String> given) {
    int length = given.test("--epochs") ? epochs : stage.epochs();
    List<Setting> changed = within(each, length);
    changed.add(new Setting("epochs", length));
    if (given.test("--gradual-unfreeze")) {
      changed.add(new Setting("gradual-unfreeze", gradualUnfreeze));
    }
    if (lr != null) {
      changed.add(new Setting("lr", lr.head()));
      changed.add(new Setting("stem-lr", lr.stem()));
    }
    if (given.test("--restarts")) {
      changed.add(new Setting("schedule.shape.cycles", restarts + 1));
    }
    return changed;
  }

  private List<Setting> stage(List<Setting> each, String name, int length, Rates rates) {
    List<Setting> stage = within(each, length);
    for (Setting setting : each) {
      if (setting.key().equals("schedule.shape") && restarts > 0) {
        if (!setting.value().equals(COSINE)) {
          throw Failure.badInput("--restarts belongs to --schedule cosine");
        }
        stage.add(new Setting("schedule.shape.cycles", restarts + 1));
      }
    }
    stage.add(new Setting("name", name));
    stage.add(new Setting("epochs", length));
    stage.add(new Setting("lr", rates.head()));
    stage.add(new Setting("stem-lr", rates.stem()));
    return stage;
  }

  private static void requireNotNegative(String option, int value) {
    if (value < 0) {
      throw Failure.badInput("%s must be 0 or more but is %d", option, value);
    }
  }

  /** With a warm-up that fits into a stage of so many epochs. */
  private static List<Setting> within(List<Setting> each, int epochs) {
    List<Setting> fitting = new ArrayList<>(each);
    fitting.replaceAll(
        s ->
            s.key().equals(WARMUP) ? new Setting(WARMUP, Math.min((double) s.value(), epochs)) : s);
    return fitting;
  }
}
