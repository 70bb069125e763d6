package dev.lapidary.exporter.quantize;

import dev.lapidary.core.failure.Phrase;

/**
 * One choice of layers that was held to the guard.
 *
 * @param floats how many layers it keeps on floats of those that could be integers
 * @param speedup over float32, by the table of costs, of layers with weights alone
 * @param verdict of the guard
 * @param chosen whether the file is made so
 */
public record CurvePoint(int floats, double speedup, Verdict verdict, boolean chosen) {

  /** The same, as the one that the file is made by. */
  CurvePoint asChosen() {
    return new CurvePoint(floats, speedup, verdict, true);
  }

  /** For people. */
  String words() {
    return Phrase.of(
        "%d back on floats, %.2f times float32's speed by the table of costs: %s%s",
        floats, speedup, verdict.words(), chosen ? " (chosen)" : "");
  }
}
