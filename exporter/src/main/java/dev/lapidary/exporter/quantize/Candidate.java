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
 * @param correctBias whether the weights' rounding is put into the biases
 */
record Candidate(
    OnnxGraph graph, Observations seen, String repair, Calibrator calibrator, boolean correctBias) {
  /** As the model card says it. */
  String label() {
    return calibrator.label() + repair + (correctBias ? " + bias correction" : "");
  }

  Candidate with(Calibrator other) {
    return new Candidate(graph, seen, repair, other, correctBias);
  }

  Candidate withCorrectedBias() {
    return new Candidate(graph, seen, repair, calibrator, true);
  }

  OnnxGraph build(Set<String> keptFloat) {
    Int8Plan plan = Int8Plan.of(graph, keptFloat);
    Map<String, QuantParams> params = ChooseParams.of(graph, plan, seen.ranges(calibrator));
    Map<String, float[]> biases =
        correctBias ? BiasCorrection.of(graph, plan, seen, params) : Map.of();
    return InsertQdq.of(graph, plan, params, biases);
  }
}
