package dev.lapidary.trainer.cli;

import dev.lapidary.core.failure.Failure;
import dev.lapidary.trainer.plan.NamePatterns;
import dev.lapidary.trainer.plan.RunYaml.Setting;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
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
      description = "With everything trained, after --freeze-epochs.")
  private int epochs;

  @Option(
      names = "--freeze-epochs",
      defaultValue = "0",
      description = "Epochs before that in which only the last layer is trained.")
  private int freezeEpochs;

  @Option(
      names = "--freeze-batch-size",
      converter = SizeReader.class,
      description = "In the frozen epochs; --batch-size's.")
  private @Nullable Integer freezeBatchSize;

  @Option(
      names = "--gradual-unfreeze",
      arity = "0..1",
      fallbackValue = "1",
      defaultValue = "0",
      paramLabel = "EPOCHS",
      description = "Before --epochs so many for the head, then with one layer more each time.")
  private int gradualUnfreeze;

  @Option(
      names = "--lr",
      defaultValue = "0.01",
      converter = Rates.Reader.class,
      description = "The learning rate; 1e-5..1e-3: from the first layer's to the head's.")
  private Rates lr = new Rates(Optional.empty(), 0.01);

  @Option(names = "--freeze-lr", description = "In the frozen epochs; --lr's unless given.")
  private @Nullable Double freezeLr;

  @Option(names = "--restarts", defaultValue = "0", description = "Of the cosine schedule.")
  private int restarts;

  /**
   * The keys of each stage.
   *
   * @param each keys that hold for every stage
   */
  List<List<Setting>> stages(List<Setting> each) {
    List<List<Setting>> stages = new ArrayList<>();
    if (freezeEpochs > 0) {
      Rates rates = freezeLr == null ? lr : new Rates(Optional.empty(), freezeLr);
      List<Setting> head = stage(each, "head", freezeEpochs, rates);
      head.add(new Setting("train-only", List.of(NamePatterns.HEAD)));
      if (freezeBatchSize != null) {
        head.add(new Setting("batch-size", freezeBatchSize));
      }
      stages.add(head);
    }
    if (epochs > 0 || freezeEpochs == 0) {
      List<Setting> all = stage(each, "all", epochs, lr);
      all.add(new Setting("gradual-unfreeze", gradualUnfreeze));
      stages.add(all);
    }
    return stages;
  }

  private List<Setting> stage(List<Setting> each, String name, int length, Rates rates) {
    List<Setting> stage = new ArrayList<>();
    for (Setting setting : each) {
      stage.add(setting.key().equals(WARMUP) ? within(setting, length) : setting);
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

  /** A warm-up that fits into the stage. */
  private static Setting within(Setting warmup, int epochs) {
    return new Setting(WARMUP, Math.min((double) warmup.value(), epochs));
  }
}
