package dev.lapidary.core.measure;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.api.Test;

class ArgmaxTest {
  @Test
  void theFirstOfTheGreatest() {
    assertThat(Argmax.of(new float[] {-3, -1, -1, -2})).isEqualTo(1);
    assertThat(Argmax.of(new float[] {9, 1, 2, 9}, 1, 2)).isEqualTo(1);
    assertThat(Argmax.of(new float[] {5}, 0, 1)).isZero();
  }
}
