package dev.lapidary.exporter.quantize;

import dev.lapidary.exporter.onnx.OnnxNode;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Set;
import java.util.function.Consumer;
import java.util.function.ToDoubleFunction;
import java.util.stream.Collectors;

/**
 * Looks for the fastest choice of layers on integers that passes the guard. How fast a choice is
 * comes from a table; how far a layer alone moves the logits is measured on calibration images.
 *
 * <p>Layers go back to float from the worst on until the rest passes, once by their harm and once
 * by their harm a microsecond that it costs to keep them float; bisection finds the fewest of each
 * order. Whatever would be no faster than what is found already is not held to the guard. Of the
 * best, layers come back to integers one by one where that still passes, and those go to float that
 * cost more in conversions than they save.
 */
final class LayerSearch {
  /** So many times a layer that went to float is tried on integers again. */
  private static final int RETURNS = 8;

  /** A report's curve has points for up to so many layers back on floats. */
  private static final int MAX_SHOWN = 32;

  private final List<OnnxNode> layers;
  private final Trial trial;
  private final Map<Set<String>, Verdict> judged = new LinkedHashMap<>();
  private final Map<Set<String>, Double> costs = new HashMap<>();
  private Set<String> best = Set.of();

  private LayerSearch(List<OnnxNode> layers, Trial trial) {
    this.layers = layers;
    this.trial = trial;
  }

  /**
   * The best that was found.
   *
   * @param keptFloat names of layers
   * @param curve all that was held to the guard, the fastest first
   */
  record Found(Set<String> keptFloat, Verdict verdict, List<CurvePoint> curve) {}

  /** Measures a model with some layers kept float. */
  interface Trial {
    Verdict judge(Set<String> keptFloat);

    /** How far the logits of some calibration images move. */
    double harm(Set<String> keptFloat);

    /** How long an image would take, by a table. */
    double micros(Set<String> keptFloat);
  }

  /**
   * @param layers all that could be int8
   * @return the fastest that passes; where nothing does that has a layer on integers, the one that
   *     comes nearest
   */
  static Found of(List<OnnxNode> layers, Trial trial, Consumer<String> log) {
    LayerSearch search = new LayerSearch(layers, trial);
    Verdict all = search.judge(Set.of());
    if (!all.passes()) {
      log.accept(
          "int8: with all layers %s: ranking %d layers".formatted(all.words(), layers.size()));
      search.search();
    }
    return search.found();
  }

  /** For a report: what each layer does, measured anew, the worst first. */
  static List<LayerHarm> harms(List<OnnxNode> layers, Trial trial, Found found) {
    return new LayerSearch(layers, trial)
        .harms(found.keptFloat()).stream()
            .sorted(Comparator.comparingDouble(LayerHarm::harm).reversed())
            .toList();
  }

  /** For a report: what was found, and the worst layers held to the guard on floats. */
  static List<CurvePoint> curve(List<LayerHarm> harms, Trial trial, Found found) {
    List<String> worst = harms.stream().map(LayerHarm::name).toList();
    List<CurvePoint> curve = new ArrayList<>(found.curve());
    double floats = trial.micros(Set.copyOf(worst));
    for (int count = 1; count < worst.size() && count <= MAX_SHOWN; count *= 2) {
      Set<String> kept = new LinkedHashSet<>(worst.subList(0, count));
      double speedup = floats / trial.micros(kept);
      CurvePoint point = new CurvePoint(count, speedup, trial.judge(kept), false);
      if (!curve.contains(point) && !curve.contains(point.asChosen())) { // tried already
        curve.add(point);
      }
    }
    curve.sort(Comparator.comparingDouble(CurvePoint::speedup).reversed());
    return curve;
  }

  /** In the layers' order. */
  private List<LayerHarm> harms(Set<String> keptFloat) {
    double none = micros(Set.of());
    List<LayerHarm> harms = new ArrayList<>();
    for (OnnxNode layer : layers) {
      Set<String> others = names();
      others.remove(layer.name());
      double micros = micros(Set.of(layer.name())) - none;
      boolean integers = !keptFloat.contains(layer.name());
      harms.add(new LayerHarm(layer.name(), layer.op(), trial.harm(others), micros, integers));
    }
    return harms;
  }

  private Set<String> names() {
    return layers.stream().map(OnnxNode::name).collect(Collectors.toCollection(LinkedHashSet::new));
  }

  private void search() {
    Map<String, Double> harms = new HashMap<>();
    Map<String, Double> losses = new HashMap<>();
    double none = micros(Set.of());
    for (LayerHarm layer : harms(Set.of())) {
      harms.put(layer.name(), layer.harm());
      losses.put(layer.name(), Math.max(none / 1000, layer.micros()));
    }
    Set<String> names = names();
    ToDoubleFunction<String> harm = name -> harms.getOrDefault(name, 0.0);
    ToDoubleFunction<String> loss = name -> losses.getOrDefault(name, none);
    fewest(ranked(names, harm));
    if (passing()) {
      fewest(ranked(names, name -> harm.applyAsDouble(name) / loss.applyAsDouble(name)));
      giveBack(ranked(best, loss));
      leaveNoIslands(names);
    }
  }

  private static List<String> ranked(Set<String> names, ToDoubleFunction<String> by) {
    return names.stream().sorted(Comparator.comparingDouble(by).reversed()).toList();
  }

  private void fewest(List<String> ranked) {
    int failing = 0;
    int passing = 1;
    int maximum = maxFloats(ranked);
    while (passing <= maximum && !passes(ranked, passing)) {
      failing = passing;
      passing = Math.max(passing + 1, Math.min(2 * passing, maximum));
    }
    while (passing <= maximum && passing - failing > 1) {
      int middle = (failing + passing) / 2;
      if (passes(ranked, middle)) {
        passing = middle;
      } else {
        failing = middle;
      }
    }
  }

  /** How many may go back to float: one with a weight must stay, or nothing is gained. */
  private int maxFloats(List<String> ranked) {
    Set<String> weighted = weighted();
    int last = ranked.size() - 1;
    while (last > 0 && !weighted.contains(ranked.get(last))) {
      last--;
    }
    return last;
  }

  private Set<String> weighted() {
    return layers.stream()
        .filter(layer -> layer.is("Conv", "Gemm", "MatMul"))
        .map(OnnxNode::name)
        .collect(Collectors.toSet());
  }

  /** Whether the rest passes with the first ones on floats, or is no faster than what does. */
  private boolean passes(List<String> ranked, int count) {
    Set<String> kept = new LinkedHashSet<>(ranked.subList(0, count));
    return (passing() && !isFaster(kept)) || judge(kept).passes();
  }

  private void giveBack(List<String> kept) {
    int tries = 0;
    for (String name : kept) {
      Set<String> fewer = new LinkedHashSet<>(best);
      fewer.remove(name);
      if (tries < RETURNS && isFaster(fewer) && !judged.containsKey(fewer)) {
        judge(fewer);
        tries++;
      }
    }
  }

  private void leaveNoIslands(Set<String> names) {
    Set<String> kept = new LinkedHashSet<>(best);
    for (String name : names) {
      Set<String> more = new LinkedHashSet<>(kept);
      if (more.add(name) && micros(more) < micros(kept)) {
        kept = more;
      }
    }
    if (isFaster(kept) && !kept.containsAll(weighted())) {
      judge(kept);
    }
  }

  private Verdict judge(Set<String> kept) {
    Verdict known = judged.get(kept);
    if (known != null) {
      return known;
    }
    Verdict verdict = trial.judge(kept);
    boolean first = judged.isEmpty();
    boolean better =
        !first
            && (passing()
                ? verdict.passes() && isFaster(kept)
                : verdict.passes() || verdict.badness() < verdict(best).badness());
    judged.put(kept, verdict);
    best = first || better ? kept : best;
    return verdict;
  }

  private boolean passing() {
    return verdict(best).passes();
  }

  private Verdict verdict(Set<String> kept) {
    return Objects.requireNonNull(judged.get(kept), () -> "not judged: " + kept);
  }

  private boolean isFaster(Set<String> kept) {
    return micros(kept) < micros(best);
  }

  private double micros(Set<String> kept) {
    return costs.computeIfAbsent(kept, trial::micros);
  }

  private Found found() {
    double floats = micros(names());
    List<CurvePoint> curve = new ArrayList<>();
    judged.forEach(
        (kept, verdict) ->
            curve.add(
                new CurvePoint(kept.size(), floats / micros(kept), verdict, kept.equals(best))));
    curve.sort(Comparator.comparingDouble(CurvePoint::speedup).reversed());
    return new Found(best, verdict(best), curve);
  }
}
