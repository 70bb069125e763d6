package dev.lapidary.trainer.plan;

import static java.util.Map.entry;

import dev.lapidary.core.image.OnBadImage;
import dev.lapidary.trainer.augment.Augmentation;
import dev.lapidary.trainer.data.DataFormat;
import dev.lapidary.trainer.data.EpochOrder;
import dev.lapidary.trainer.program.LossOptions;
import dev.lapidary.trainer.program.UpdateRule;
import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/** What holds where neither a flag nor {@code run.yaml} says otherwise. */
public final class RunDefaults {
  public static final int BATCH_SIZE = 32;

  /** PyTorch's and the papers' values, by the names of {@code run.yaml} and {@code --optimizer}. */
  public static final Map<String, UpdateRule> OPTIMIZERS =
      inOrder(
          entry("sgd", UpdateRule.Sgd.of(0.9)),
          entry("adam", new UpdateRule.Adam(0.9, 0.999, 1e-8)),
          entry("adamw", new UpdateRule.AdamW(0.9, 0.999, 1e-8)),
          entry("rmsprop", new UpdateRule.RmsProp(0.99, 1e-8, 0)),
          entry("lars", new UpdateRule.Lars(0.9, 0.001)),
          entry("lamb", new UpdateRule.Lamb(0.9, 0.999, 1e-6)));

  /** Likewise, of {@code --schedule}; the lengths suit a run of ten epochs. */
  public static final Map<String, Schedule.Shape> SHAPES =
      inOrder(
          entry("constant", new Schedule.Constant()),
          entry("step", new Schedule.Step(3, 0.1)),
          entry("multistep", new Schedule.MultiStep(List.of(), 0.1)),
          entry("exponential", new Schedule.Exponential(0.9)),
          entry("cosine", new Schedule.Cosine(0, 1, 1)),
          entry("polynomial", new Schedule.Polynomial(1)),
          entry("one-cycle", new Schedule.OneCycle(0.3, 25, 1e4)),
          entry("plateau", new Schedule.Plateau(0.1, 3, 1e-4, 0, 0)));

  private RunDefaults() {}

  @SafeVarargs
  private static <T> Map<String, T> inOrder(Map.Entry<String, ? extends T>... entries) {
    Map<String, T> all = new LinkedHashMap<>();
    for (Map.Entry<String, ? extends T> each : entries) {
      all.put(each.getKey(), each.getValue());
    }
    return Collections.unmodifiableMap(all);
  }

  public static StageConfig stage() {
    return new StageConfig(
        "all",
        10,
        BATCH_SIZE,
        List.of(),
        List.of(),
        0,
        UpdateRule.Sgd.of(0.9),
        0.01,
        Optional.empty(),
        1e-4,
        true,
        1,
        List.of(),
        new Schedule(Schedule.By.STEP, 0, 0.1, new Schedule.Cosine(0, 1, 1)),
        StageConfig.Clip.NONE,
        Augmentation.DEFAULT,
        1,
        0);
  }

  /** The keys of a run whose data and model are still to be said. */
  static RunConfig run() {
    return new RunConfig(
        0,
        0,
        0,
        "auto",
        PrecisionChoice.FP32,
        MemoryFormat.DEFAULT,
        false,
        new DataConfig(
            "?",
            Optional.empty(),
            Optional.empty(),
            0.2,
            Optional.empty(),
            DataFormat.AUTO,
            OnBadImage.FAIL,
            EpochOrder.SHUFFLED,
            Optional.empty(),
            Optional.empty(),
            512,
            true),
        new ModelConfig(
            "",
            Optional.of("?"),
            Optional.empty(),
            Optional.empty(),
            Optional.empty(),
            0.5,
            false,
            ModelConfig.Head.FOUND,
            Optional.empty(),
            Optional.empty(),
            Optional.empty(),
            Optional.empty(),
            Optional.empty(),
            Optional.empty(),
            Optional.empty(),
            Optional.empty(),
            Optional.empty()),
        new LossConfig(
            LossOptions.Kind.CROSS_ENTROPY, 0, ClassWeights.NONE, true, Optional.empty(), 0.5, 4),
        List.of(stage()),
        RunConfig.Ema.NONE,
        Rounds.NONE,
        new RunConfig.Checkpoints(0, 10, RunConfig.Deliver.BEST, 0, 1, BestBy.ACCURACY));
  }
}
