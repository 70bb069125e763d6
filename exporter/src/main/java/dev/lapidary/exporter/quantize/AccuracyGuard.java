package dev.lapidary.exporter.quantize;

import dev.lapidary.exporter.onnx.OnnxNode;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Set;
import java.util.function.Consumer;

/**
 * Turns layers back to float until the int8 model agrees with the float one. It needs no labels:
 * the layers are ranked by how far the logits move when that layer alone is int8, then left out of
 * the quantization from the worst on, until the answers agree on enough images.
 */
final class AccuracyGuard {
  /** Ranking runs the model once a layer; so many images tell the worst layers from the others. */
  private static final int RANKING_IMAGES = 32;

  private AccuracyGuard() {}

  /**
   * @param layers all that are int8 now
   * @param drift of a model with these layers kept float, on at most so many images
   * @return the names to keep float; empty if the model agrees as it is
   */
  static Set<String> keepFloat(
      List<OnnxNode> layers, double minAgreement, Trial drift, Consumer<String> log) {
    Drift now = drift.run(Set.of(), Integer.MAX_VALUE);
    if (now.enough(minAgreement)) {
      return Set.of();
    }
    log.accept(
        "int8: %s images, and %.2f %% is the least: ranking %d layers"
            .formatted(now.words(), 100 * minAgreement, layers.size()));
    List<String> ranked = ranked(layers, drift);
    Set<String> kept = new LinkedHashSet<>();
    for (int count = 1; kept.size() < ranked.size(); count += Math.max(1, count / 2)) {
      kept.addAll(ranked.subList(0, Math.min(count, ranked.size())));
      if (drift.run(kept, Integer.MAX_VALUE).enough(minAgreement)) {
        break;
      }
    }
    return kept;
  }

  /** Measures a model with some layers kept float. */
  interface Trial {
    Drift run(Set<String> keptFloat, int atMostImages);
  }

  private static List<String> ranked(List<OnnxNode> layers, Trial drift) {
    List<String> names = layers.stream().map(OnnxNode::name).toList();
    record Ranked(String name, double error) {}
    List<Ranked> ranked = new ArrayList<>();
    for (String name : names) {
      Set<String> others = new LinkedHashSet<>(names);
      others.remove(name);
      ranked.add(new Ranked(name, drift.run(others, RANKING_IMAGES).relativeError()));
    }
    ranked.sort(Comparator.comparingDouble(Ranked::error).reversed());
    return ranked.stream().map(Ranked::name).toList();
  }
}
