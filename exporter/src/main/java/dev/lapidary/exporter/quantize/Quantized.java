package dev.lapidary.exporter.quantize;

import dev.lapidary.core.card.ModelCard;
import dev.lapidary.core.card.ModelCard.Fallback;
import dev.lapidary.core.card.Scoring;
import dev.lapidary.core.failure.Failure;
import dev.lapidary.core.failure.Phrase;
import dev.lapidary.exporter.onnx.OnnxGraph;
import java.util.List;
import java.util.Optional;
import java.util.function.Consumer;

/**
 * A quantized graph and what was measured on the way.
 *
 * @param graph with the metadata of the float one
 * @param card for the model card
 * @param layers how many compute on integers; empty for a method that has none
 * @param agreement with the float model over the images, in [0, 1]: {@link Drift#agreement}
 * @param verdict of the guard; empty for a method that has none
 * @param curve speed against harm: all choices of layers that were held to the guard, the fastest
 *     first; empty for a method that chooses none
 * @param latency on this machine; for the user's eyes, never for the card
 * @param details for a report, where one was asked for
 */
public record Quantized(
    OnnxGraph graph,
    ModelCard.Quantization card,
    Optional<WeightedLayers> layers,
    double agreement,
    Optional<Verdict> verdict,
    List<CurvePoint> curve,
    Latency latency,
    Optional<Int8Details> details) {
  public Quantized {
    curve = List.copyOf(curve);
  }

  /** A method without calibration: its name in the card, and what it leaves float32. */
  record Method(
      String name, List<Fallback> fallbacks, Optional<WeightedLayers> layers, Target target) {}

  /**
   * Measures a graph that needed no calibration.
   *
   * @throws Failure (exit 3) if it answers NaN or infinity, as where a sum leaves float16's range
   */
  static Quantized measured(
      OnnxGraph fp32,
      OnnxGraph graph,
      CalibrationSet images,
      Scoring scoring,
      Method method,
      Consumer<String> log) {
    Drift drift = Reference.of(fp32, images, scoring).drift(graph);
    if (!Double.isFinite(drift.maxAbsDifference())) {
      throw Failure.gate(
          "%s: it answers NaN or infinity to some of %d images: a sum is beyond what its numbers"
              + " hold (float16: +-65504); nothing is written: export it as float32, or with"
              + " --quantize int8",
          method.name(), images.count());
    }
    Latency latency = Latency.of(fp32, graph, images);
    log.accept(
        Phrase.of(
            "%s: %s%s inputs, %s within %.3g",
            method.name(),
            method.layers().map(layers -> layers.words() + ", ").orElse(""),
            drift.words(),
            scoring.words(),
            drift.maxAbsDifference()));
    sayLatency(method.name(), latency, log);
    ModelCard.Quantization card =
        new ModelCard.Quantization(
            method.name(),
            "",
            0,
            "",
            drift.maxAbsDifference(),
            method.fallbacks(),
            method.target().toString());
    return new Quantized(
        graph,
        card,
        method.layers(),
        drift.agreement(),
        Optional.empty(),
        List.of(),
        latency,
        Optional.empty());
  }

  /** Says how fast it is, as a warning where that is no gain. */
  static void sayLatency(String method, Latency latency, Consumer<String> log) {
    String verdict = latency.speedup() < 1 ? "warning: " + method + " is not faster here" : method;
    log.accept(
        Phrase.of(
            "%s: %.2f times the speed of float32 (%.2f ms to %.2f ms an image, one thread)",
            verdict, latency.speedup(), latency.floatMillis(), latency.quantizedMillis()));
  }
}
