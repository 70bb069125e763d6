package dev.lapidary.exporter.quantize;

import dev.lapidary.exporter.onnx.OnnxGraph;
import java.util.Map;
import java.util.Set;

/**
 * A float graph with what its values were, and a way to choose its integers.
 *
 * @param graph that is written with integers
 * @param seen its values on the calibration images
 * @param repair what was done to it, for the label; empty if nothing
 * @param calibrator sets the ranges
 * @param rounding chooses the weights' integers
 * @param correctBias whether the weights' rounding is put into the biases
 * @param form of the graph with integers
 */
record Candidate(
    OnnxGraph graph,
    Observations seen,
    String repair,
    Calibrator calibrator,
    WeightRounding rounding,
    boolean correctBias,
    Int8Form form) {
  /** As the model card says it. */
  String label() {
    return calibrator.label()
        + repair
        + (rounding.isNearest() ? "" : " + rounding by layer")
        + (correctBias ? " + bias correction" : "");
  }

  Candidate with(Calibrator other) {
    return new Candidate(graph, seen, repair, other, rounding, correctBias, form);
  }

  Candidate withCorrectedBias() {
    return new Candidate(graph, seen, repair, calibrator, rounding, true, form);
  }

  /** With the biases corrected for what it does to the weights. */
  Candidate with(WeightRounding other) {
    return new Candidate(graph, seen, repair, calibrator, other, true, form);
  }

  OnnxGraph build(Set<String> keptFloat) {
    Map<String, QuantParams> params = form.params(graph, keptFloat, seen.ranges(calibrator));
    Map<String, float[]> biases =
        correctBias
            ? BiasCorrection.of(graph, form.layers(graph, keptFloat), seen, params, rounding)
            : Map.of();
    return form.write(graph, keptFloat, params, biases, rounding);
  }
}
