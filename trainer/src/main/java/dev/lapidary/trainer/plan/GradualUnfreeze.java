package dev.lapidary.trainer.plan;

import java.util.ArrayList;
import java.util.List;

/**
 * Writes out gradual unfreezing (ULMFiT, arXiv 1801.06146) as stages, once the network's layers are
 * known: the head alone, then with the layer below it, and so on; the asked-for stage, in which
 * everything is trained, comes last.
 */
public final class GradualUnfreeze {
  private GradualUnfreeze() {}

  /**
   * @param layers module paths or parameter names of each layer, from the stem to the head
   * @param names of all parameters; a path that holds none is left out
   */
  public static RunConfig writeOut(
      RunConfig config, List<List<String>> layers, List<String> names) {
    List<StageConfig> stages = new ArrayList<>();
    for (StageConfig stage : config.stages()) {
      if (stage.gradualUnfreeze() > 0) {
        stages.addAll(thawing(stage, trainable(layers, names)));
        stages.add(stage.part(stage.name(), stage.epochs(), List.of()));
      } else {
        stages.add(stage);
      }
    }
    return config.withStages(stages);
  }

  private static List<StageConfig> thawing(StageConfig stage, List<List<String>> layers) {
    List<StageConfig> stages = new ArrayList<>();
    List<String> thawed = new ArrayList<>();
    for (int i = layers.size() - 1; i > 0; i--) {
      thawed.addAll(0, layers.get(i));
      String title = "thaw-" + layers.get(i).get(0);
      stages.add(stage.part(title, stage.gradualUnfreeze(), thawed));
    }
    return stages;
  }

  private static List<List<String>> trainable(List<List<String>> layers, List<String> names) {
    return layers.stream()
        .map(paths -> paths.stream().filter(path -> holdsAny(path, names)).toList())
        .filter(paths -> !paths.isEmpty())
        .toList();
  }

  private static boolean holdsAny(String path, List<String> names) {
    return names.stream().anyMatch(n -> n.equals(path) || n.startsWith(path + "."));
  }
}
