package dev.lapidary.exporter.quantize;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import org.junit.jupiter.api.Test;

class QuantizedWeightTest {
  private static final float INPUT_SCALE = 0.02f;

  @Test
  void eachChannelHasItsOwnScale() {
    float[] weight = {1, -0.5f, 0.25f, 100, 50, -127};
    QuantizedWeight q =
        QuantizedWeight.of(weight, 2, 3, new float[] {0.1f, -3}, INPUT_SCALE, new boolean[0]);
    assertThat(q.scales()).containsExactly((float) (1 / 127.0), 1);
    assertThat(q.values()).containsExactly(127, -64, 32, 100, 50, -127);
    assertThat(q.biasScales()).containsExactly(INPUT_SCALE * (float) (1 / 127.0), INPUT_SCALE);
    assertThat(q.bias()).containsExactly(635, -150);
  }

  @Test
  void matMulHasItsChannelsLast() {
    float[] weight = {1, 100, -0.5f, 50}; // [in 2, out 2]
    QuantizedWeight q = QuantizedWeight.of(weight, 2, 1, new float[0], INPUT_SCALE, new boolean[0]);
    assertThat(q.scales()).containsExactly((float) (1 / 127.0), (float) (100 / 127.0));
    assertThat(q.values()).containsExactly(127, 127, -64, 64);
    assertThat(q.bias()).isEmpty();
  }

  @Test
  void roundTripIsWithinHalfAStep() {
    float[] weight = HistogramTest.floats("weight", 4 * 9);
    QuantizedWeight q = QuantizedWeight.of(weight, 4, 9, new float[4], INPUT_SCALE, new boolean[0]);
    float[] back = SmallNetworks.dequantized(q);
    for (int i = 0; i < weight.length; i++) {
      assertThat(back[i]).isCloseTo(weight[i], within(q.scales()[i / 9] * 0.5001f));
    }
  }

  @Test
  void aDeadChannelWithABiasStaysInsideOfInt32() {
    // Unraised, the bias of the second channel were 0.5 / (0.02 * 1e-20 / 127), far over 2^31.
    float[] weight = {1, -1, 1e-20f, -1e-20f};
    QuantizedWeight q =
        QuantizedWeight.of(weight, 2, 2, new float[] {0.5f, -0.5f}, INPUT_SCALE, new boolean[0]);
    assertThat(Math.abs(q.bias()[1])).isBetween((1 << 24) - 8, 1 << 24);
    assertThat(q.bias()[1] * (double) q.biasScales()[1]).isCloseTo(-0.5, within(1e-6));
    assertThat(q.values()).containsExactly(127, -127, 0, 0);
  }

  @Test
  void aHugeBiasRaisesTheScaleAndKeepsTheBias() {
    QuantizedWeight q =
        QuantizedWeight.of(new float[] {0.01f}, 1, 1, new float[] {1e6f}, 1e-4f, new boolean[0]);
    assertThat(q.bias()[0]).isBetween((1 << 24) - 8, 1 << 24);
    assertThat(q.bias()[0] * (double) q.biasScales()[0]).isCloseTo(1e6, within(1.0));
  }

  @Test
  void allZerosIsValid() {
    QuantizedWeight q =
        QuantizedWeight.of(new float[6], 2, 3, new float[2], INPUT_SCALE, new boolean[0]);
    assertThat(q.scales()).containsExactly(1, 1);
    assertThat(q.values()).containsOnly(0);
    assertThat(q.bias()).containsOnly(0);
  }
}
