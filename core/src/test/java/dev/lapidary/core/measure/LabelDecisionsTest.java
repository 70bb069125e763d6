package dev.lapidary.core.measure;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.api.Test;

class LabelDecisionsTest {
  private static final boolean F = false;
  private static final boolean T = true;

  /** Counted by hand: hits 2, 1, 0; given 2, 2, 1; right 3, 1, 0. */
  @Test
  void countsLabelByLabel() {
    LabelDecisions counted = new LabelDecisions(3);
    counted.add(new boolean[] {T, T, F}, new boolean[] {T, T, F});
    counted.add(new boolean[] {T, T, F}, new boolean[] {T, F, F});
    counted.add(new boolean[] {F, F, T}, new boolean[] {T, F, F});
    counted.add(new boolean[] {F, F, F}, new boolean[] {F, F, F});
    assertThat(counted.images()).isEqualTo(4);
    assertThat(counted.exact()).isEqualTo(2);
    assertThat(counted.precision(0)).isEqualTo(1);
    assertThat(counted.recall(0)).isEqualTo(2.0 / 3);
    assertThat(counted.f1(0)).isEqualTo(4.0 / 5);
    assertThat(counted.f1(1)).isEqualTo(2.0 / 3);
    assertThat(counted.f1(2)).isZero();
    assertThat(counted.support(2)).isZero();
    assertThat(counted.microF1()).isEqualTo(6.0 / 9);
    // The third label, which no image has, is in no mean.
    assertThat(counted.macroF1()).isEqualTo((4.0 / 5 + 2.0 / 3) / 2);
  }

  /** One label an image: three of four images alike, as an argmax would be. */
  @Test
  void agreementOfOneLabelAnImageIsThatOfTheArgmax() {
    LabelDecisions counted = new LabelDecisions(2);
    counted.add(new boolean[] {T, F}, new boolean[] {T, F});
    counted.add(new boolean[] {F, T}, new boolean[] {F, T});
    counted.add(new boolean[] {T, F}, new boolean[] {T, F});
    counted.add(new boolean[] {T, F}, new boolean[] {F, T});
    assertThat(counted.agreement()).isEqualTo(0.75);
    LabelDecisions none = new LabelDecisions(2);
    none.add(new boolean[2], new boolean[2]);
    assertThat(none.agreement()).isEqualTo(1);
    assertThat(none.microF1()).isZero();
  }

  @Test
  void aLogitOfZeroIsTheThreshold() {
    assertThat(LabelDecisions.of(0, -1e-6f, 1e-6f, -80, 80)).containsExactly(T, F, T, F, T);
  }
}
