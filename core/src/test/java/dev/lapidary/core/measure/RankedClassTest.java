package dev.lapidary.core.measure;

import static org.assertj.core.api.Assertions.assertThat;

import dev.lapidary.core.card.Activation;
import dev.lapidary.core.card.Scoring;
import java.util.List;
import java.util.OptionalDouble;
import java.util.OptionalInt;
import org.junit.jupiter.api.Test;

class RankedClassTest {
  private static final List<String> LABELS = List.of("a", "b", "c", "d", "e", "f");
  private static final Scoring CLASSES = Scoring.ofLogits(Activation.SOFTMAX);
  private static final Scoring SEVERAL = Scoring.ofLogits(Activation.SIGMOID);

  private static List<String> labels(Scoring scoring, OptionalInt topK, float... outputs) {
    return RankedClass.of(outputs, scoring, LABELS, topK, OptionalDouble.empty()).stream()
        .map(RankedClass::label)
        .toList();
  }

  /** A softmax rounds all but the best of these to 0. */
  @Test
  void logitsDecideWhereProbabilitiesAreEqual() {
    assertThat(labels(CLASSES, OptionalInt.of(3), 1000, 3000, 5000, 0, 0, 0))
        .containsExactly("c", "b", "a");
    assertThat(labels(CLASSES, OptionalInt.of(3), 7, 7, 7, 7, 7, 7)).containsExactly("a", "b", "c");
  }

  @Test
  void unlessToldFiveClassesOrAllLabelsFromTheirThresholdOn() {
    assertThat(labels(CLASSES, OptionalInt.empty(), 6, 5, 4, 3, 2, 1))
        .containsExactly("a", "b", "c", "d", "e");
    assertThat(labels(SEVERAL, OptionalInt.empty(), 1, -1, 3, 0, 2, 4))
        .containsExactly("f", "c", "e", "a", "d");
    assertThat(labels(SEVERAL, OptionalInt.of(2), 1, -1, 3, 0, 2, 4)).containsExactly("f", "c");
  }

  @Test
  void aThresholdLeavesOutAndNanHasNoProbability() {
    float[] outputs = {2, Float.NaN, -2, 1, 0, -1};
    assertThat(
            RankedClass.of(outputs, SEVERAL, LABELS, OptionalInt.empty(), OptionalDouble.of(0.25)))
        .extracting(RankedClass::index)
        .containsExactly(0, 3, 4, 5);
  }
}
