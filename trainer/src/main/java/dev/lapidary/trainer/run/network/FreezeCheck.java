package dev.lapidary.trainer.run.network;

import dev.lapidary.core.failure.Failure;
import dev.lapidary.trainer.plan.NamePatterns;
import dev.lapidary.trainer.plan.RunConfig;
import dev.lapidary.trainer.plan.StageConfig;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Set;

/**
 * Refuses stages that keep random parameters as they are: what no file gave and no stage before has
 * trained. It is how a whole backbone stays noise by mistake.
 */
public final class FreezeCheck {
  private static final int NAMED = 4;

  private FreezeCheck() {}

  /**
   * @throws Failure (exit 2) naming them, and for patterns that match nothing
   */
  public static void require(RunConfig config, Network network) {
    NamePatterns patterns = new NamePatterns(network.parameters(), network.heads());
    Set<String> random = new LinkedHashSet<>(network.fresh());
    for (StageConfig stage : config.stages()) {
      random.removeAll(patterns.trained(stage));
      if (!random.isEmpty() && !config.model().freezeUnloaded()) {
        throw Failure.badInput(
            "stage %s freezes %d parameters that no weights file gave, so they stay random: %s;"
                + " train them, give --weights that have them, or accept it by --force",
            stage.name(), random.size(), shown(List.copyOf(random)));
      }
    }
  }

  private static String shown(List<String> names) {
    String first = String.join(", ", names.subList(0, Math.min(NAMED, names.size())));
    return names.size() > NAMED ? first + " and " + (names.size() - NAMED) + " more" : first;
  }
}
