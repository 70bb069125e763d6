package dev.lapidary.exporter.quantize;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import dev.lapidary.core.card.Activation;
import org.junit.jupiter.api.Test;

class DriftTest {
  /** Every logit is higher by 2: no softmax sees that, and every sigmoid does. */
  @Test
  void whatASoftmaxDoesNotSeeChangesLabels() {
    float[] reference = {1, -1, -3, /* */ -1, 3, -3};
    float[] shifted = {3, 1, -1, /* */ 1, 5, -1};
    Drift classes = Drift.between(reference, shifted, 2, Activation.SOFTMAX);
    assertThat(classes.flips()).isZero();
    assertThat(classes.relativeError()).isCloseTo(0, within(1e-15));
    assertThat(classes.words()).isEqualTo("argmax as float32 on 100.00 % of 2");
    Drift labels = Drift.between(reference, shifted, 2, Activation.SIGMOID);
    // Two labels of one model, four of the other, two of them the same.
    assertThat(labels.flips()).isEqualTo(2);
    assertThat(labels.agreement()).isEqualTo(2 * 2.0 / (2 + 4));
    assertThat(labels.relativeError()).isCloseTo(6 * 4.0 / 30, within(1e-15));
    assertThat(labels.words()).isEqualTo("labels as float32's to 66.67 % on 2");
    assertThat(labels.enough(0.99)).isFalse();
  }

  /** Two high logits of one image: which is the higher means nothing to a sigmoid. */
  @Test
  void aChangeOfRankIsNoChangeOfLabels() {
    float[] reference = {5, 4.9f, -4};
    float[] other = {4.9f, 5, -4};
    assertThat(Drift.between(reference, other, 1, Activation.SOFTMAX).agreement()).isZero();
    assertThat(Drift.between(reference, other, 1, Activation.SIGMOID).agreement()).isEqualTo(1);
  }
}
