package dev.lapidary.exporter.quantize;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import dev.lapidary.core.card.Activation;
import dev.lapidary.core.card.Scores;
import dev.lapidary.core.card.Scoring;
import java.util.List;
import org.junit.jupiter.api.Test;

class DriftTest {
  /** Every logit is higher by 2: no softmax sees that, and every sigmoid does. */
  @Test
  void whatASoftmaxDoesNotSeeChangesLabels() {
    List<float[]> reference = List.of(new float[] {1, -1, -3}, new float[] {-1, 3, -3});
    List<float[]> shifted = List.of(new float[] {3, 1, -1}, new float[] {1, 5, -1});
    Drift classes = Drift.between(reference, shifted, Scoring.ofLogits(Activation.SOFTMAX));
    assertThat(classes.agreement()).isEqualTo(1);
    assertThat(classes.relativeError()).isCloseTo(0, within(1e-15));
    assertThat(classes.words()).isEqualTo("argmax as float32 on 100.00 % of 2");
    Drift labels = Drift.between(reference, shifted, Scoring.ofLogits(Activation.SIGMOID));
    // Two labels of one model, four of the other, two of them the same.
    assertThat(labels.agreement()).isEqualTo(2 * 2.0 / (2 + 4));
    assertThat(labels.relativeError()).isCloseTo(6 * 4.0 / 30, within(1e-15));
    assertThat(labels.words()).isEqualTo("labels as float32's to 66.67 % on 2");
    assertThat(labels.enough()).isFalse();
  }

  /** Two high logits of one image: which is the higher means nothing to a sigmoid. */
  @Test
  void aChangeOfRankIsNoChangeOfLabels() {
    List<float[]> reference = List.of(new float[] {5, 4.9f, -4});
    List<float[]> other = List.of(new float[] {4.9f, 5, -4});
    assertThat(Drift.between(reference, other, Scoring.ofLogits(Activation.SOFTMAX)).agreement())
        .isZero();
    assertThat(Drift.between(reference, other, Scoring.ofLogits(Activation.SIGMOID)).agreement())
        .isEqualTo(1);
  }

  /** What a network ends in changes no decision about what is before it. */
  @Test
  void scoresAreComparedAsTheirLogits() {
    List<float[]> reference = List.of(new float[] {1, -1, -3}, new float[] {-1, 3, -3});
    List<float[]> other = List.of(new float[] {1.25f, -1, -2.5f}, new float[] {3, 2.5f, -3});
    for (Activation activation : Activation.values()) {
      Drift logits = Drift.between(reference, other, Scoring.ofLogits(activation));
      List<float[]> a = scores(reference, activation);
      List<float[]> b = scores(other, activation);
      Scoring own = Scoring.of(Scores.valueOf(activation.name()));
      Drift scores = Drift.between(a, b, own);
      assertThat(scores.agreement()).isEqualTo(logits.agreement());
      assertThat(scores.relativeError()).isCloseTo(logits.relativeError(), within(1e-5));
      assertThat(scores.words()).isEqualTo(logits.words());
      double worst = 0;
      for (int i = 0; i < a.size(); i++) {
        for (int k = 0; k < 3; k++) {
          worst = Math.max(worst, Math.abs((double) b.get(i)[k] - a.get(i)[k]));
        }
      }
      assertThat(scores.maxAbsDifference()).isEqualTo(worst); // what golden images allow
    }
  }

  private static List<float[]> scores(List<float[]> logits, Activation activation) {
    return logits.stream()
        .map(activation::probabilities)
        .map(row -> new float[] {(float) row[0], (float) row[1], (float) row[2]})
        .toList();
  }
}
