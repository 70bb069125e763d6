package dev.lapidary.exporter.quantize;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import dev.lapidary.core.card.Activation;
import dev.lapidary.core.card.Scores;
import dev.lapidary.core.card.Scoring;
import java.util.Arrays;
import org.junit.jupiter.api.Test;

class DriftTest {
  /** Every logit is higher by 2: no softmax sees that, and every sigmoid does. */
  @Test
  void whatASoftmaxDoesNotSeeChangesLabels() {
    float[] reference = {1, -1, -3, /* */ -1, 3, -3};
    float[] shifted = {3, 1, -1, /* */ 1, 5, -1};
    Drift classes = Drift.between(reference, shifted, 2, Scoring.ofLogits(Activation.SOFTMAX));
    assertThat(classes.flips()).isZero();
    assertThat(classes.relativeError()).isCloseTo(0, within(1e-15));
    assertThat(classes.words()).isEqualTo("argmax as float32 on 100.00 % of 2");
    Drift labels = Drift.between(reference, shifted, 2, Scoring.ofLogits(Activation.SIGMOID));
    // Two labels of one model, four of the other, two of them the same.
    assertThat(labels.flips()).isEqualTo(2);
    assertThat(labels.agreement()).isEqualTo(2 * 2.0 / (2 + 4));
    assertThat(labels.relativeError()).isCloseTo(6 * 4.0 / 30, within(1e-15));
    assertThat(labels.words()).isEqualTo("labels as float32's to 66.67 % on 2");
    assertThat(labels.enough()).isFalse();
  }

  /** Two high logits of one image: which is the higher means nothing to a sigmoid. */
  @Test
  void aChangeOfRankIsNoChangeOfLabels() {
    float[] reference = {5, 4.9f, -4};
    float[] other = {4.9f, 5, -4};
    assertThat(Drift.between(reference, other, 1, Scoring.ofLogits(Activation.SOFTMAX)).agreement())
        .isZero();
    assertThat(Drift.between(reference, other, 1, Scoring.ofLogits(Activation.SIGMOID)).agreement())
        .isEqualTo(1);
  }

  /** What a network ends in changes no decision about what is before it. */
  @Test
  void scoresAreComparedAsTheirLogits() {
    float[] reference = {1, -1, -3, /* */ -1, 3, -3};
    float[] other = {1.25f, -1, -2.5f, /* */ 3, 2.5f, -3};
    for (Activation activation : Activation.values()) {
      Drift logits = Drift.between(reference, other, 2, Scoring.ofLogits(activation));
      float[] a = scores(reference, activation);
      float[] b = scores(other, activation);
      Scoring own = Scoring.of(Scores.valueOf(activation.name()));
      Drift scores = Drift.between(a, b, 2, own);
      assertThat(scores.flips()).isEqualTo(logits.flips());
      assertThat(scores.agreement()).isEqualTo(logits.agreement());
      assertThat(scores.relativeError()).isCloseTo(logits.relativeError(), within(1e-5));
      assertThat(scores.words()).isEqualTo(logits.words());
      double worst = 0;
      for (int i = 0; i < a.length; i++) {
        worst = Math.max(worst, Math.abs((double) b[i] - a[i]));
      }
      assertThat(scores.maxAbsDifference()).isEqualTo(worst); // what golden images allow
    }
  }

  private static float[] scores(float[] logits, Activation activation) {
    float[] scores = new float[logits.length];
    for (int from = 0; from < logits.length; from += 3) {
      double[] row = activation.probabilities(Arrays.copyOfRange(logits, from, from + 3));
      for (int k = 0; k < 3; k++) {
        scores[from + k] = (float) row[k];
      }
    }
    return scores;
  }
}
