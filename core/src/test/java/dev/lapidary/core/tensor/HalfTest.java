package dev.lapidary.core.tensor;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.api.Test;

class HalfTest {
  @Test
  void everyFloat16SurvivesTheRoundTrip() {
    for (int bits = 0; bits < 0x10000; bits++) {
      float value = Half.fromFloat16((short) bits);
      if (!Float.isNaN(value)) {
        assertThat(Half.toFloat16(value)).isEqualTo((short) bits);
      }
    }
  }

  @Test
  void roundsHalfToEven() {
    assertThat(Half.fromFloat16(Half.toFloat16(2049f))).isEqualTo(2048f);
    assertThat(Half.fromFloat16(Half.toFloat16(2051f))).isEqualTo(2052f);
    assertThat(Half.toFloat16(65519f)).isEqualTo((short) 0x7bff);
    assertThat(Half.toFloat16(65520f)).isEqualTo((short) 0x7c00);
    assertThat(Half.toFloat16(0x1p-25f)).isEqualTo((short) 0);
    assertThat(Half.toFloat16(0x1.8p-24f)).isEqualTo((short) 2);
    assertThat(Half.fromBfloat16(Half.toBfloat16(257f))).isEqualTo(256f);
    assertThat(Half.fromBfloat16(Half.toBfloat16(259f))).isEqualTo(260f);
  }

  @Test
  void keepsNotANumber() {
    assertThat(Half.fromFloat16(Half.toFloat16(Float.NaN))).isNaN();
    assertThat(Half.fromBfloat16(Half.toBfloat16(Float.NaN))).isNaN();
  }
}
