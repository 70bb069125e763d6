package dev.lapidary.trainer.plan;

import dev.lapidary.trainer.program.Optimizer.Rate;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;

/** The learning rate and weight decay of each parameter of a stage, before the schedule. */
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
   * The first group whose pattern matches gives rate and decay, else the stage; the layer decay
   * multiplies the stage's rate only, by {@code layerDecay ^ (last layer - layer)}.
   */
  public static Map<String, Rate> of(
      StageConfig stage, List<Member> members, NamePatterns patterns) {
    List<Set<String>> matches = new ArrayList<>();
    stage.groups().forEach(group -> matches.add(patterns.match(group.match())));
    int last = members.stream().mapToInt(Member::layer).max().orElse(0);
    Map<String, Rate> rates = new HashMap<>();
    for (Member member : members) {
      double lr = stage.lr() * Math.pow(stage.layerDecay(), last - member.layer());
      boolean spared = !stage.decayNormsAndBiases() && member.dimensions() <= 1;
      double decay = spared ? 0 : stage.weightDecay();
      for (int i = 0; i < matches.size(); i++) {
        if (matches.get(i).contains(member.name())) {
          StageConfig.Group group = stage.groups().get(i);
          lr = group.lr().orElse(lr);
          decay = group.weightDecay().orElse(decay);
          break;
        }
      }
      rates.put(member.name(), new Rate(lr, decay));
    }
    return rates;
  }
}
