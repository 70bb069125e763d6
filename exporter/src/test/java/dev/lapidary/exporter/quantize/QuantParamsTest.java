package dev.lapidary.exporter.quantize;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** The tables are worked out by hand from compute_scale_zp of onnxruntime.quantization. */
class QuantParamsTest {
  @ParameterizedTest(name = "{0}..{1} as {2}")
  @CsvSource({
    //  min, max,    type,         scale,                 zero point
    "    0,   255,    U8,           1,                     0",
    "    0,   6,      U8,           0.023529411764705882,  0",
    "   -1,   1,      U8,           0.00784313725490196,   128",
    "   -3,   0,      U8,           0.011764705882352941,  255",
    "   -1,   3,      U8,           0.01568627450980392,   64",
    // A range that does not hold 0 is widened to it.
    "    2,   5.1,    U8,           0.02,                  0",
    "   -5.1, -2,     U8,           0.02,                  255",
    "   -127, 12,     S8_SYMMETRIC, 1,                     0",
    "   -1,   254,    S8_SYMMETRIC, 2,                     0",
    "    0,   0,      U8,           1,                     0",
    "    0,   1e-38,  U8,           1,                     0",
    "    0,   0,      S8_SYMMETRIC, 1,                     0",
  })
  void scaleAndZeroPoint(double min, double max, QuantType type, float scale, int zeroPoint) {
    QuantParams params = QuantParams.of(new Range(min, max), type);
    assertThat(params.scale()).isEqualTo(scale);
    assertThat(params.zeroPoint()).isEqualTo(zeroPoint);
  }

  @ParameterizedTest(name = "{0} -> {1}")
  @CsvSource({"0.5, 10", "1.5, 12", "2.5, 12", "-0.5, 10", "-1.5, 8", "400, 255", "-400, 0"})
  void roundsHalfToEvenThenClips(double value, int quantized) {
    assertThat(new QuantParams(1, 10, QuantType.U8).quantize(value)).isEqualTo(quantized);
  }

  @Test
  void zeroIsAlwaysExact() {
    for (double min = -7; min <= 0; min += 0.37) {
      for (double max = 0; max <= 9; max += 0.41) {
        QuantParams params = QuantParams.of(new Range(min, max), QuantType.U8);
        assertThat(params.fake(0)).isZero();
        // Both ends survive within half a step, up to the rounding of the zero point.
        assertThat(Math.abs(params.fake(max) - max)).isLessThanOrEqualTo(params.scale());
        assertThat(Math.abs(params.fake(min) - min)).isLessThanOrEqualTo(params.scale());
      }
    }
  }

  @Test
  void minusOneHundredTwentyEightIsNotInTheSymmetricGrid() {
    QuantParams params = QuantParams.of(new Range(-1, 1), QuantType.S8_SYMMETRIC);
    assertThat(params.quantize(-100)).isEqualTo(-127);
    assertThat(params.quantize(100)).isEqualTo(127);
  }

  @Test
  void refusesWhatIsNoGrid() {
    assertThatThrownBy(() -> new QuantParams(0, 0, QuantType.U8)).hasMessageContaining("scale");
    assertThatThrownBy(() -> new QuantParams(1, 256, QuantType.U8)).hasMessageContaining("256");
    assertThatThrownBy(() -> new Range(0, Double.NaN)).hasMessageContaining("finite");
  }
}
