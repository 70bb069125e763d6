package dev.lapidary.trainer.plan;

import dev.lapidary.trainer.program.Optimizer.Rate;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/** The learning rate, weight decay and momentum of each parameter of a stage, unscheduled. */
public final class GroupRates {
  private GroupRates() {}

  /**
   * A parameter as the groups see it.
   *
   * @param dimensions of its tensor; those of one (norms, biases) may be spared the decay
   * @param layer counted from the stem, 0, to the head
   */
  public record Member(String name, int dimensions, int layer) {}

  /**
   * The first group whose pattern matches gives rate, decay and momentum, else the stage.
   *
   * @param layers of the whole network, frozen or not: a parameter's rate is the same whatever else
   *     is trained
   */
  public static Map<String, Rate> of(
      StageConfig stage, List<Member> members, int layers, NamePatterns patterns) {
    Map<String, StageConfig.Group> groups = new HashMap<>();
    for (StageConfig.Group group : stage.groups()) {
      patterns.match(group.match()).forEach(name -> groups.putIfAbsent(name, group));
    }
    Map<String, Rate> rates = new HashMap<>();
    for (Member member : members) {
      double lr = layerRate(stage, member.layer(), layers - 1);
      double decay = isSpared(stage, member) ? 0 : stage.weightDecay();
      Optional<StageConfig.Group> group = Optional.ofNullable(groups.get(member.name()));
      rates.put(
          member.name(),
          new Rate(
              group.flatMap(StageConfig.Group::lr).orElse(lr),
              group.flatMap(StageConfig.Group::weightDecay).orElse(decay),
              group.flatMap(StageConfig.Group::momentum)));
    }
    return rates;
  }

  /**
   * {@code lr * layerDecay ^ (last - layer)}, timm's {@code param_groups_layer_decay}; or with a
   * stem rate {@code stemLr * (lr / stemLr) ^ (layer / last)}, fastai's {@code even_mults}.
   */
  private static double layerRate(StageConfig stage, int layer, int last) {
    if (stage.stemLr().isEmpty() || last == 0) {
      return stage.lr() * Math.pow(stage.layerDecay(), last - layer);
    }
    double stem = stage.stemLr().get();
    return stem * Math.pow(stage.lr() / stem, (double) layer / last);
  }

  /** timm's {@code param_groups_weight_decay}: one dimension, or a bias. */
  private static boolean isSpared(StageConfig stage, Member member) {
    return !stage.decayNormsAndBiases()
        && (member.dimensions() <= 1 || member.name().endsWith(".bias"));
  }
}
