package dev.lapidary.trainer.report;

import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;

/**
 * The parts of the network that learn at one rate in a stage.
 *
 * @param name of the parts, {@code all} if everything that is trained has this rate
 * @param rate before the schedule
 */
public record RateGroup(String name, double rate) {

  /** From the stem to the head. */
  public static List<RateGroup> of(StagePlan stage) {
    Map<Double, Set<String>> parts = new LinkedHashMap<>();
    for (StagePlan.Group group : stage.groups()) {
      if (group.trained()) {
        parts.computeIfAbsent(group.rate(), rate -> new LinkedHashSet<>()).add(group.name());
      }
    }
    List<RateGroup> groups = new ArrayList<>();
    parts.forEach(
        (rate, names) ->
            groups.add(
                new RateGroup(
                    parts.size() == 1 && names.size() > 1 ? "all" : span(List.copyOf(names)),
                    rate)));
    return groups;
  }

  private static String span(List<String> names) {
    return names.size() <= 2
        ? String.join(", ", names)
        : names.get(0) + " … " + names.get(names.size() - 1);
  }
}
