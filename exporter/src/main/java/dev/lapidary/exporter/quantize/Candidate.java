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
 * @param target that decides where integers are
 */
record Candidate(
    OnnxGraph graph,
    Observations seen,
    String repair,
    Calibrator calibrator,
    WeightRounding rounding,
    boolean correctBias,
    Target target) {
  /** As the model card says it. */
  String label() {
    return calibrator.label()
        + repair
        + (rounding.isNearest() ? "" : " + rounding by layer")
        + (correctBias ? " + bias correction" : "");
  }

  Candidate with(Calibrator other) {
    return new Candidate(graph, seen, repair, other, rounding, correctBias, target);
  }

  Candidate withCorrectedBias() {
    return new Candidate(graph, seen, repair, calibrator, rounding, true, target);
  }

  /** With the biases corrected for what it does to the weights. */
  Candidate with(WeightRounding other) {
    return new Candidate(graph, seen, repair, calibrator, other, true, target);
  }

  OnnxGraph build(Set<String> keptFloat) {
    Int8Form form = Int8Form.of(target, graph, keptFloat);
    Map<String, QuantParams> params = form.params(seen.ranges(calibrator));
    Map<String, float[]> biases =
        correctBias ? BiasCorrection.of(graph, form.layers(), seen, params, rounding) : Map.of();
    return form.write(params, biases, rounding);
  }
}
