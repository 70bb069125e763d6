package dev.lapidary.trainer.report;

import dev.lapidary.core.failure.Phrase;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;

/**
 * What experience says of a plan, with the reason: rules of thumb, not laws. A piece of advice is
 * given only where the plan differs from it.
 */
public final class Advice {
  /** Below so many images a class, the layers below the head learn them by heart. */
  private static final int FEW = 20;

  /** From so many on, nothing speaks against training everything. */
  private static final int MANY = 200;

  /** Below so many, a network that knows nothing yet hardly learns to see. */
  private static final int FROM_SCRATCH = 1000;

  /** So many times the usual rate is worth a word. */
  private static final double MUCH = 3;

  private static final double UNEVEN = 3;
  private static final int SMALL_BATCH = 8;
  private static final int FEW_STEPS = 10;

  private Advice() {}

  /**
   * @param usualRate that suits the optimizer where pretrained layers are trained
   * @param memoryBytes that the process may use; 0 if not known
   */
  public static List<String> of(
      List<StagePlan> stages, DataAudit data, double usualRate, long memoryBytes) {
    List<String> advice = new ArrayList<>();
    int images = data.train().stream().mapToInt(i -> i).min().orElse(0);
    StagePlan last = stages.get(stages.size() - 1);
    how(images, last).ifPresent(advice::add);
    for (StagePlan stage : stages) {
      rate(stage, usualRate).ifPresent(advice::add);
      norms(stage).ifPresent(advice::add);
      steps(stage).ifPresent(advice::add);
      memory(stage, memoryBytes).ifPresent(advice::add);
    }
    balance(data).ifPresent(advice::add);
    return advice;
  }

  /** Feature extraction, partial or full fine-tuning, by the images of the smallest class. */
  private static Optional<String> how(int images, StagePlan last) {
    long pretrained = last.groups().stream().mapToLong(StagePlan.Group::fromFile).sum();
    boolean all = last.groups().stream().allMatch(StagePlan.Group::trained);
    String each = images + (images == 1 ? " image" : " images") + " in the smallest class";
    if (pretrained == 0) {
      return images >= FROM_SCRATCH
          ? Optional.empty()
          : Optional.of(
              each
                  + (images == 1 ? " is" : " are")
                  + " few for a network that begins at random: give pretrained --weights, even"
                  + " of another subject");
    }
    if (images < FEW && last.trainedParameters() * 2 > last.parameters()) {
      return Optional.of(
          each
              + ": with so few, feature extraction is safest (--train-only head): "
              + Phrase.of("%,d", last.trainedParameters())
              + " trained parameters can learn them by heart");
    }
    if (images >= FEW && images < MANY && all && uniform(last)) {
      return Optional.of(
          each
              + ": enough for partial fine-tuning, or for all of it with lower rates towards the"
              + " stem (--layer-decay 0.75): early layers see edges and colours, which fit any"
              + " subject");
    }
    if (images >= MANY && !all) {
      return Optional.of(
          each
              + ": enough for full fine-tuning, and the last stage leaves layers frozen; add a"
              + " stage that trains all (--freeze-epochs N --epochs M)");
    }
    return Optional.empty();
  }

  private static boolean uniform(StagePlan stage) {
    return stage.groups().stream().map(StagePlan.Group::rate).distinct().count() == 1;
  }

  /** What is well above the rate that suits layers that know something makes them forget it. */
  private static Optional<String> rate(StagePlan stage, double usual) {
    double highest =
        stage.groups().stream()
                .filter(g -> g.trained() && g.fromFile() > 0)
                .mapToDouble(StagePlan.Group::rate)
                .max()
                .orElse(0)
            * stage.topFactor();
    if (highest <= MUCH * usual * (1 + 1e-9)) {
      return Optional.empty();
    }
    return Optional.of(
        Phrase.of(
            "stage %s trains pretrained layers at up to %.2g; with this optimizer and network %.2g"
                + " keeps what they know and learns. trainer find-lr measures it",
            stage.name(), highest, usual));
  }

  private static Optional<String> norms(StagePlan stage) {
    boolean live = stage.groups().stream().anyMatch(g -> g.liveBatchNorms() > 0);
    return live && stage.batchSize() < SMALL_BATCH
        ? Optional.of(
            "stage %s: BatchNorm takes its statistics from batches of %d, which are too few to be"
                    .formatted(stage.name(), stage.batchSize())
                + " like the whole: a larger --batch-size (--accumulate does not help here)")
        : Optional.empty();
  }

  private static Optional<String> steps(StagePlan stage) {
    return stage.epochs() * stage.stepsPerEpoch() < FEW_STEPS
        ? Optional.of(
            "stage %s has only %d steps: a smaller --batch-size or more epochs"
                .formatted(stage.name(), stage.epochs() * stage.stepsPerEpoch()))
        : Optional.empty();
  }

  private static Optional<String> memory(StagePlan stage, long available) {
    return available > 0 && stage.memory().total() > available
        ? Optional.of(
            Phrase.of(
                "stage %s may need %.1f GB and %.1f GB are there: a smaller --batch-size with"
                    + " --accumulate makes the same steps",
                stage.name(), (double) stage.memory().total() / 1e9, (double) available / 1e9))
        : Optional.empty();
  }

  private static Optional<String> balance(DataAudit data) {
    int min = data.train().stream().mapToInt(i -> i).min().orElse(0);
    int max = data.train().stream().mapToInt(i -> i).max().orElse(0);
    return max > UNEVEN * min
        ? Optional.of(
            "classes have %d to %d images: the rare ones will be missed more often; see"
                    .formatted(min, max)
                + " --class-weights balanced"
                + (data.hasSeveralLabels() ? "" : " and --sampling balanced"))
        : Optional.empty();
  }
}
