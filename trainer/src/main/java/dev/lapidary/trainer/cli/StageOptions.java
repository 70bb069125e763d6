package dev.lapidary.trainer.cli;

import dev.lapidary.core.failure.Failure;
import dev.lapidary.trainer.augment.Augmentation;
import dev.lapidary.trainer.plan.Defaults;
import dev.lapidary.trainer.plan.NamePatterns;
import dev.lapidary.trainer.plan.Schedule;
import dev.lapidary.trainer.plan.StageConfig;
import dev.lapidary.trainer.program.UpdateRule;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.ITypeConverter;
import picocli.CommandLine.Option;
import picocli.CommandLine.TypeConversionException;

/** The options that make a run's stages: what is trained, how long, at which rates. */
final class StageOptions {
  enum Rule {
    SGD,
    ADAM,
    ADAMW,
    RMSPROP,
    LARS,
    LAMB
  }

  enum Shape {
    CONSTANT,
    STEP,
    EXPONENTIAL,
    COSINE,
    ONE_CYCLE,
    POLYNOMIAL,
    PLATEAU;

    /** As run.yaml writes it; picocli reads this and the name. */
    @Override
    public String toString() {
      return name().toLowerCase(Locale.ROOT).replace('_', '-');
    }
  }

  /** A number, or {@code auto}. */
  static final class SizeReader implements ITypeConverter<Integer> {
    @Override
    public Integer convert(String text) {
      if (text.equals("auto")) {
        return StageConfig.AUTO;
      }
      if (!text.matches("[1-9]\\d{0,6}")) {
        throw new TypeConversionException("'%s' is neither a number nor auto".formatted(text));
      }
      return Integer.valueOf(text);
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
      names = "--batch-size",
      defaultValue = "32",
      converter = SizeReader.class,
      description = "Images a step; auto: the largest that fits in --memory or on the GPU.")
  private int batchSize;

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

  @Option(names = "--weight-decay", defaultValue = "1e-4", description = "The weight decay.")
  private double weightDecay;

  @Option(
      names = {"--no-decay-norms", "--no-decay-norms-biases"},
      description = "No decay on norms and biases.")
  private boolean noDecayNorms;

  @Option(
      names = "--layer-decay",
      defaultValue = "1",
      description = "Multiplies the rate once for each layer below the head, such as 0.75.")
  private double layerDecay;

  @Option(
      names = "--optimizer",
      defaultValue = "sgd",
      description = "${COMPLETION-CANDIDATES}; SGD has momentum 0.9.")
  private Rule optimizer = Rule.SGD;

  @Option(names = "--schedule", defaultValue = "cosine", description = "${COMPLETION-CANDIDATES}")
  private Shape schedule = Shape.COSINE;

  @Option(names = "--restarts", defaultValue = "0", description = "Of the cosine schedule.")
  private int restarts;

  @Option(
      names = "--schedule-by",
      defaultValue = "step",
      description = "When the rate moves: ${COMPLETION-CANDIDATES}.")
  private Schedule.By scheduleBy = Schedule.By.STEP;

  @Option(names = "--warmup", defaultValue = "0", description = "Epochs of linear warm-up.")
  private double warmup;

  @Option(
      names = "--freeze",
      split = ",",
      description = "Patterns of parameters that are never trained, such as layer1,layer2.")
  private List<String> freeze = new ArrayList<>();

  @Option(
      names = "--train-only",
      split = ",",
      description = "Patterns of the only parameters that are trained; head is the last layer.")
  private List<String> trainOnly = new ArrayList<>();

  @Option(names = "--clip-norm", defaultValue = "0", description = "The gradients' norm; 0: none.")
  private double clipNorm;

  @Option(names = "--clip-value", defaultValue = "0", description = "Each gradient's; 0: none.")
  private double clipValue;

  @Option(
      names = "--augment",
      defaultValue = Augmentation.DEFAULT,
      description = "Random changes of training images, or none; see trainer preview.")
  private String augment = Augmentation.DEFAULT;

  @Option(names = "--accumulate", defaultValue = "1", description = "Batches that make a step.")
  private int accumulate;

  @Option(
      names = "--cache-variants",
      paramLabel = "N",
      defaultValue = "0",
      description =
          "Computes what is frozen once for so many variants of the augmentation and keeps it; 0:"
              + " each time.")
  private int cacheVariants;

  List<StageConfig> stages() {
    List<StageConfig> stages = new ArrayList<>();
    if (freezeEpochs > 0) {
      int size = freezeBatchSize == null ? batchSize : freezeBatchSize;
      Rates rate = freezeLr == null ? lr : new Rates(Optional.empty(), freezeLr);
      stages.add(stage("head", freezeEpochs, size, rate, List.of(NamePatterns.HEAD), 0));
    }
    if (epochs > 0 || freezeEpochs == 0) {
      stages.add(stage("all", epochs, batchSize, lr, trainOnly, gradualUnfreeze));
    }
    return stages;
  }

  private StageConfig stage(
      String title, int length, int size, Rates rates, List<String> only, int gradual) {
    return new StageConfig(
        title,
        length,
        size,
        only,
        freeze,
        gradual,
        rule(),
        rates.head(),
        rates.stem(),
        weightDecay,
        !noDecayNorms,
        layerDecay,
        List.of(),
        new Schedule(scheduleBy, Math.min(warmup, length), 0.1, shape()),
        new StageConfig.Clip(clipNorm, clipValue),
        augment,
        accumulate,
        cacheVariants);
  }

  private UpdateRule rule() {
    return switch (optimizer) {
      case SGD -> Defaults.sgd();
      case ADAM -> Defaults.adam();
      case ADAMW -> Defaults.adamw();
      case RMSPROP -> Defaults.rmsprop();
      case LARS -> Defaults.lars();
      case LAMB -> Defaults.lamb();
    };
  }

  private Schedule.Shape shape() {
    if (restarts > 0 && schedule != Shape.COSINE) {
      throw Failure.badInput("--restarts belongs to --schedule cosine");
    }
    return switch (schedule) {
      case CONSTANT -> new Schedule.Constant();
      case STEP -> Defaults.step();
      case EXPONENTIAL -> Defaults.exponential();
      case COSINE -> new Schedule.Cosine(0, restarts + 1, 1);
      case ONE_CYCLE -> Defaults.oneCycle();
      case POLYNOMIAL -> Defaults.polynomial();
      case PLATEAU -> Defaults.plateau();
    };
  }
}
