package dev.lapidary.trainer.plan;

import static dev.lapidary.core.failure.Requirement.require;

import dev.lapidary.trainer.plan.RunYaml.Setting;
import dev.lapidary.trainer.program.UpdateRule;
import java.util.List;
import java.util.Optional;

/**
 * A part of a run with its own choice of what is trained and how.
 *
 * @param batchSize images of a batch; 0, in YAML {@code auto}: the largest that fits
 * @param trainOnly patterns of the parameters that are trained; empty: all
 * @param freeze patterns of those that are not, out of {@code trainOnly}
 * @param lr the learning rate of what no group names
 * @param stemLr of the first layer; the layers between it and the head, which has {@code lr}, rise
 *     geometrically, as fastai's {@code slice(stemLr, lr)}; absent: all have {@code lr}
 * @param weightDecay of what no group names
 * @param decayNormsAndBiases whether tensors of one dimension decay too
 * @param layerDecay multiplies the rate once for each layer that lies between a parameter and the
 *     head, as timm does; 1: none
 * @param gradualUnfreeze epochs before this stage in which only the head is trained, then as many
 *     with the layer below it, and so on to the stem (ULMFiT, arXiv 1801.06146): {@link
 *     GradualUnfreeze} writes them out as stages; 0: none
 * @param groups the first whose pattern matches a parameter gives its rate
 * @param augment random changes of the training images, as trainer preview shows them
 * @param accumulate batches whose gradients make one step
 * @param cacheVariants of the augmentation for which the results of the frozen part are kept; epoch
 *     e uses the (e mod cacheVariants)-th; 0: nothing is kept
 */
public record StageConfig(
    String name,
    int epochs,
    int batchSize,
    List<String> trainOnly,
    List<String> freeze,
    int gradualUnfreeze,
    UpdateRule optimizer,
    double lr,
    Optional<Double> stemLr,
    double weightDecay,
    boolean decayNormsAndBiases,
    double layerDecay,
    List<Group> groups,
    Schedule schedule,
    Clip clip,
    String augment,
    int accumulate,
    int cacheVariants) {

  /**
   * @param match a pattern of parameter names
   * @param lr absent: the stage's
   * @param weightDecay absent: the stage's
   * @param momentum of SGD and RMSprop, beta1 of the Adam family; absent: the optimizer's
   */
  public record Group(
      String match, Optional<Double> lr, Optional<Double> weightDecay, Optional<Double> momentum) {
    public Group {
      lr.ifPresent(r -> requireRate("groups.lr", r));
      weightDecay.ifPresent(d -> requireRate("groups.weight-decay", d));
      momentum.ifPresent(
          m -> require(m > 0 && m < 1, "groups.momentum must lie between 0 and 1 but is " + m));
    }
  }

  /** Gradients' limits; 0: none. {@code norm} is over all of them together. */
  public record Clip(double norm, double value) {
    public static final Clip NONE = new Clip(0, 0);

    public Clip {
      requireRate("clip.norm", norm);
      requireRate("clip.value", value);
    }
  }

  /** A batch size that is still to be found. */
  public static final int AUTO = 0;

  public StageConfig {
    trainOnly = List.copyOf(trainOnly);
    freeze = List.copyOf(freeze);
    groups = List.copyOf(groups);
    require(epochs >= 1, "stage " + name + ": epochs must be at least 1, is " + epochs);
    require(
        batchSize >= 1 || batchSize == AUTO,
        "stage " + name + ": batch-size must be at least 1, or auto, is " + batchSize);
    require(accumulate >= 1, "stage " + name + ": accumulate must be at least 1, is " + accumulate);
    require(
        cacheVariants >= 0,
        "stage " + name + ": cache-variants must not be negative but is " + cacheVariants);
    requireRate("lr", lr);
    requireRate("weight-decay", weightDecay);
    require(
        layerDecay > 0 && layerDecay <= 1, "layer-decay must lie in (0, 1] but is " + layerDecay);
    stemLr.ifPresent(
        low ->
            require(
                low > 0 && low <= lr, "stem-lr must lie between 0 and lr " + lr + ", is " + low));
    require(
        stemLr.isEmpty() || layerDecay == 1,
        "stage " + name + ": stem-lr and layer-decay both give the layers' rates; use one");
    require(
        gradualUnfreeze >= 0, "gradual-unfreeze must not be negative but is " + gradualUnfreeze);
    require(
        gradualUnfreeze == 0 || trainOnly.isEmpty(),
        "stage " + name + ": gradual-unfreeze and train-only exclude each other");
    if (groups.stream().anyMatch(group -> group.momentum().isPresent())) {
      require(
          optimizer.hasMomentum(),
          "stage " + name + ": groups.momentum needs an optimizer with a momentum above 0");
    }
  }

  /** The same for so many epochs, as a stage of its own. */
  public StageConfig extended(int more, int number) {
    return part("extended-" + number, more, trainOnly);
  }

  public StageConfig withBatchSize(int size) {
    return with(List.of(new Setting("batch-size", size)));
  }

  /** Another name, length and choice of what is trained; nothing is left to thaw. */
  StageConfig part(String title, int length, List<String> only) {
    return with(
        List.of(
            new Setting("name", title),
            new Setting("epochs", length),
            new Setting("train-only", only),
            new Setting("gradual-unfreeze", 0),
            new Setting("schedule", schedule.within(length))));
  }

  private StageConfig with(List<Setting> settings) {
    return RunYaml.changed(this, settings);
  }

  private static void requireRate(String key, double value) {
    require(value >= 0 && Double.isFinite(value), key + " must be 0 or more but is " + value);
  }
}
