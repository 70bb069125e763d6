package dev.lapidary.exporter.quantize;

import dev.lapidary.core.card.Scoring;
import java.util.Optional;

/** Holds what is made through a quantized file to the float file's own answers. */
public final class FloatAnswers {
  private FloatAnswers() {}

  /**
   * The guard's word on images whose labels are not known: the clear answers must stay, and what
   * decides must not move far beside its margin.
   *
   * @param expected the float network's, row-major [images, classes]
   * @param found of the same images in the same order
   */
  public static Verdict held(float[] expected, float[] found, int images, Scoring scoring) {
    Drift drift = Drift.between(expected, found, images, scoring);
    return Guard.verdict(drift, Optional.empty(), 0);
  }
}
