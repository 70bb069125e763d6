package dev.lapidary.exporter.quantize;

import dev.lapidary.exporter.onnx.OnnxNode;
import java.util.Collections;
import java.util.Comparator;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Set;
import java.util.function.Consumer;
import java.util.stream.Collectors;

/**
 * Looks for the most layers on integers that pass the guard. Layers are ranked by how far the
 * logits of calibration images move when that layer alone is int8; from the worst on they go back
 * to float until the rest passes, and bisection finds the fewest of them that it takes.
 */
final class LayerSearch {
  private final List<OnnxNode> layers;
  private final Trial trial;
  private Found best;

  private LayerSearch(List<OnnxNode> layers, Trial trial, Found first) {
    this.layers = layers;
    this.trial = trial;
    this.best = first;
  }

  /**
   * The best that was found.
   *
   * @param keptFloat names of layers
   */
  record Found(Set<String> keptFloat, Verdict verdict) {
    Found {
      keptFloat = Collections.unmodifiableSet(new LinkedHashSet<>(keptFloat));
    }
  }

  /** Measures a model with some layers kept float. */
  interface Trial {
    Verdict judge(Set<String> keptFloat);

    /** How far the logits of some calibration images move. */
    double harm(Set<String> keptFloat);
  }

  /**
   * @param layers all that could be int8
   * @return what passes with the fewest layers on floats; where nothing does that has a layer on
   *     integers, the one that comes nearest
   */
  static Found of(List<OnnxNode> layers, Trial trial, Consumer<String> log) {
    Found all = new Found(Set.of(), trial.judge(Set.of()));
    if (all.verdict().passes()) {
      return all;
    }
    log.accept(
        "int8: with all layers %s: ranking %d layers"
            .formatted(all.verdict().words(), layers.size()));
    return new LayerSearch(layers, trial, all).search();
  }

  private Found search() {
    List<String> ranked = ranked();
    int failing = 0;
    int passing = 1;
    int most = mostFloats(ranked);
    while (passing <= most && !passes(ranked, passing)) {
      failing = passing;
      passing = Math.max(passing + 1, Math.min(2 * passing, most));
    }
    if (passing > most) {
      return best;
    }
    while (passing - failing > 1) {
      int middle = (failing + passing) / 2;
      if (passes(ranked, middle)) {
        passing = middle;
      } else {
        failing = middle;
      }
    }
    return best;
  }

  /** How many may go back to float: one with a weight must stay, or nothing is gained. */
  private int mostFloats(List<String> ranked) {
    Set<String> weighted =
        layers.stream()
            .filter(layer -> layer.is("Conv", "Gemm", "MatMul"))
            .map(OnnxNode::name)
            .collect(Collectors.toSet());
    int last = ranked.size() - 1;
    while (last > 0 && !weighted.contains(ranked.get(last))) {
      last--;
    }
    return last;
  }

  /** Whether the rest passes with the worst ones on floats; the best of all trials is kept. */
  private boolean passes(List<String> ranked, int worst) {
    Set<String> kept = new LinkedHashSet<>(ranked.subList(0, worst));
    Found found = new Found(kept, trial.judge(kept));
    boolean passes = found.verdict().passes();
    boolean better =
        best.verdict().passes()
            ? passes && kept.size() < best.keptFloat().size()
            : passes || found.verdict().badness() < best.verdict().badness();
    if (better) {
      best = found;
    }
    return passes;
  }

  private List<String> ranked() {
    List<String> names = layers.stream().map(OnnxNode::name).toList();
    record Ranked(String name, double harm) {}
    return names.stream()
        .map(
            name -> {
              Set<String> others = new LinkedHashSet<>(names);
              others.remove(name);
              return new Ranked(name, trial.harm(others));
            })
        .sorted(Comparator.comparingDouble(Ranked::harm).reversed())
        .map(Ranked::name)
        .toList();
  }
}
