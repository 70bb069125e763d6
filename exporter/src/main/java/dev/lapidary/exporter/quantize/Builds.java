package dev.lapidary.exporter.quantize;

import dev.lapidary.exporter.onnx.OnnxGraph;
import java.util.Set;

/**
 * A candidate's graphs with integers. The last one is kept: what is searched for, what is held to
 * the guard and what is written is most often the same.
 */
final class Builds {
  private final Candidate candidate;
  private Set<String> keptFloat = Set.of();
  private OnnxGraph last;

  /**
   * @param all with all layers on integers
   */
  Builds(Candidate candidate, OnnxGraph all) {
    this.candidate = candidate;
    this.last = all;
  }

  Candidate candidate() {
    return candidate;
  }

  /** The graph whose values the integers are of. */
  OnnxGraph floats() {
    return candidate.graph();
  }

  /** With some layers on floats; not to be changed. */
  OnnxGraph of(Set<String> floats) {
    if (!keptFloat.equals(floats)) {
      last = candidate.build(floats);
      keptFloat = Set.copyOf(floats);
    }
    return last;
  }
}
