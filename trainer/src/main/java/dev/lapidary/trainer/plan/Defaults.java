package dev.lapidary.trainer.plan;

import dev.lapidary.core.image.OnBadImage;
import dev.lapidary.trainer.augment.Augmentation;
import dev.lapidary.trainer.data.DataFormat;
import dev.lapidary.trainer.data.EpochOrder;
import dev.lapidary.trainer.program.LossOptions;
import dev.lapidary.trainer.program.UpdateRule;
import java.util.List;
import java.util.Optional;

/** What holds where neither a flag nor {@code run.yaml} says otherwise. */
public final class Defaults {
  public static final double VAL_SPLIT = 0.2;
  public static final double MIN_MATCH = 0.5;
  public static final int EPOCHS = 10;
  public static final int BATCH_SIZE = 32;
  public static final double CHECKPOINT_MINUTES = 10;
  public static final int CACHE_MEGABYTES = 512;
  public static final double LR = 0.01;
  public static final double WEIGHT_DECAY = 1e-4;

  public static final double DISTILL_ALPHA = 0.5;
  public static final double DISTILL_TEMPERATURE = 4;

  private Defaults() {}

  public static UpdateRule sgd() {
    return new UpdateRule.Sgd(0.9, 0, false);
  }

  public static UpdateRule adam() {
    return new UpdateRule.Adam(0.9, 0.999, 1e-8);
  }

  public static UpdateRule adamw() {
    return new UpdateRule.AdamW(0.9, 0.999, 1e-8);
  }

  public static UpdateRule rmsprop() {
    return new UpdateRule.RmsProp(0.99, 1e-8, 0);
  }

  /** The trust coefficient of the paper. */
  public static UpdateRule lars() {
    return new UpdateRule.Lars(0.9, 0.001);
  }

  public static UpdateRule lamb() {
    return new UpdateRule.Lamb(0.9, 0.999, 1e-6);
  }

  public static Schedule.Shape cosine() {
    return new Schedule.Cosine(0, 1, 1);
  }

  public static Schedule.Shape step() {
    return new Schedule.Step(3, 0.1);
  }

  public static Schedule.Shape exponential() {
    return new Schedule.Exponential(0.9);
  }

  public static Schedule.Shape polynomial() {
    return new Schedule.Polynomial(1);
  }

  public static Schedule.Shape oneCycle() {
    return new Schedule.OneCycle(0.3, 25, 1e4);
  }

  /** {@code torch ReduceLROnPlateau}'s, with a patience for short runs. */
  public static Schedule.Shape plateau() {
    return new Schedule.Plateau(0.1, 3, 1e-4, 0, 0);
  }

  /** PyTorch's and the papers' values; the lengths suit a run of ten epochs. */
  static List<Schedule.Shape> shapes() {
    return List.of(
        new Schedule.Constant(),
        step(),
        new Schedule.MultiStep(List.of(), 0.1),
        exponential(),
        cosine(),
        polynomial(),
        oneCycle(),
        plateau());
  }

  static List<UpdateRule> rules() {
    return List.of(sgd(), adam(), adamw(), rmsprop(), lars(), lamb());
  }

  public static Schedule schedule() {
    return new Schedule(Schedule.By.STEP, 0, 0.1, cosine());
  }

  public static StageConfig stage() {
    return new StageConfig(
        "all",
        EPOCHS,
        BATCH_SIZE,
        List.of(),
        List.of(),
        0,
        sgd(),
        LR,
        Optional.empty(),
        WEIGHT_DECAY,
        true,
        1,
        List.of(),
        schedule(),
        StageConfig.Clip.NONE,
        Augmentation.DEFAULT,
        1,
        0);
  }

  static RunConfig.Loss loss() {
    return new RunConfig.Loss(
        LossOptions.Kind.CROSS_ENTROPY,
        0,
        RunConfig.ClassWeights.NONE,
        true,
        Optional.empty(),
        DISTILL_ALPHA,
        DISTILL_TEMPERATURE);
  }

  /** The keys of a run whose data and model are still to be said. */
  static RunConfig run() {
    return new RunConfig(
        0,
        0,
        0,
        "auto",
        PrecisionChoice.FP32,
        false,
        false,
        new RunConfig.Data(
            "?",
            Optional.empty(),
            Optional.empty(),
            VAL_SPLIT,
            Optional.empty(),
            DataFormat.AUTO,
            OnBadImage.FAIL,
            EpochOrder.SHUFFLED,
            CACHE_MEGABYTES,
            true),
        new RunConfig.Model(
            "",
            Optional.of("?"),
            Optional.empty(),
            Optional.empty(),
            Optional.empty(),
            MIN_MATCH,
            false,
            RunConfig.Head.FOUND,
            Optional.empty(),
            Optional.empty(),
            Optional.empty(),
            Optional.empty(),
            Optional.empty(),
            Optional.empty(),
            Optional.empty()),
        loss(),
        List.of(stage()),
        RunConfig.Ema.NONE,
        new RunConfig.Checkpoints(0, CHECKPOINT_MINUTES, RunConfig.Deliver.BEST, 0, 1));
  }
}
