package dev.lapidary.trainer.run.stage;

import dev.lapidary.trainer.plan.NamePatterns;
import dev.lapidary.trainer.plan.RunConfig;
import dev.lapidary.trainer.plan.StageConfig;
import dev.lapidary.trainer.program.CutFinder;
import dev.lapidary.trainer.program.NetworkCut;
import dev.lapidary.trainer.run.network.Network;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;

/**
 * Where the networks of a run's stages are cut into a frozen part, whose results are kept, and the
 * rest.
 *
 * @param cuts each once; a program counts them from 1
 * @param stages of each stage; empty where it keeps nothing
 */
public record StagePrefixes(
    List<NetworkCut> cuts, List<Optional<NetworkCut>> stages, List<String> notes) {

  public static StagePrefixes of(RunConfig config, Network network) {
    NamePatterns patterns = new NamePatterns(network.parameters(), network.heads());
    boolean auxiliary = config.loss().auxiliary() && !network.auxiliaryWeights().isEmpty();
    List<NetworkCut> cuts = new ArrayList<>();
    List<Optional<NetworkCut>> stages = new ArrayList<>();
    List<String> notes = new ArrayList<>();
    for (StageConfig stage : config.stages()) {
      if (stage.cacheVariants() == 0) {
        stages.add(Optional.empty());
        continue;
      }
      CutFinder.Found found =
          auxiliary
              ? new CutFinder.Found(Optional.empty(), "its auxiliary heads are trained")
              : CutFinder.find(network.archive(), patterns.trained(stage));
      stages.add(found.cut());
      found.cut().filter(cut -> !cuts.contains(cut)).ifPresent(cuts::add);
      notes.add(
          "stage %s: %s"
              .formatted(
                  stage.name(),
                  found
                      .cut()
                      .map(cut -> "what is frozen before " + cut.before() + " is computed once")
                      .orElse("no features are kept: " + found.reason())));
    }
    return new StagePrefixes(cuts, stages, notes);
  }

  /** As a program counts them; 0 for a stage that keeps nothing. */
  public int number(int stage) {
    return stages.get(stage).map(cut -> cuts.indexOf(cut) + 1).orElse(0);
  }
}
