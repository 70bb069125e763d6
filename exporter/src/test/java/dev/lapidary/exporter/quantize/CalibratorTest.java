package dev.lapidary.exporter.quantize;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import dev.lapidary.core.tensor.Uniform;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

class CalibratorTest {
  static Stream<Calibrator> all() {
    return Calibrator.all().stream();
  }

  @ParameterizedTest
  @MethodSource("all")
  void staysInsideOfWhatWasObserved(Calibrator calibrator) {
    for (Histogram values : new Histogram[] {bell(1, false), bell(1, true), outlier(), spike()}) {
      Range observed = values.observed();
      Range range = calibrator.range(values);
      assertThat(range.min()).isBetween(observed.min(), 0.0);
      assertThat(range.max()).isBetween(0.0, observed.max());
    }
  }

  @ParameterizedTest
  @MethodSource("all")
  void constantsHaveARange(Calibrator calibrator) {
    assertThat(calibrator.range(of(0, 0, 0))).isEqualTo(new Range(0, 0));
    assertThat(calibrator.range(of(3, 3, 3)).max()).isEqualTo(3);
    assertThat(calibrator.range(of(-3, -3, -3)).min()).isEqualTo(-3);
    assertThat(calibrator.range(new Histogram())).isEqualTo(new Range(0, 0));
  }

  @ParameterizedTest
  @MethodSource("all")
  void afterReluTheZeroPointIsZero(Calibrator calibrator) {
    assertThat(QuantParams.of(calibrator.range(bell(1, true)), QuantType.U8).zeroPoint()).isZero();
  }

  @ParameterizedTest
  @MethodSource("all")
  void scaleWithTheValues(Calibrator calibrator) {
    // A power of two moves no value to another bin, so the range must scale exactly.
    Range one = calibrator.range(bell(1, false));
    Range four = calibrator.range(bell(4, false));
    assertThat(four).isEqualTo(new Range(4 * one.min(), 4 * one.max()));
  }

  @Test
  void minMaxKeepsAnOutlierAndTheOthersCutIt() {
    Histogram values = outlier();
    assertThat(new MinMax().range(values).max()).isEqualTo(50);
    assertThat(new Percentile(99.99).range(values).max()).isLessThan(5);
    assertThat(new SquaredError().range(values).max()).isLessThan(50);
    assertThat(new Entropy().range(values).max()).isLessThan(50);
  }

  @Test
  void percentileCutsTheShareThatItSays() {
    Histogram values = new Histogram();
    float[] ramp = new float[20_000];
    for (int i = 0; i < ramp.length; i++) {
      ramp[i] = i - 9_999.5f;
    }
    HistogramTest.add(values, ramp);
    // 0.5 % of 20,000 values a side; one bin is 9,999.5 / 4096 = 2.44 wide.
    Range range = new Percentile(99).range(values);
    assertThat(range.max()).isCloseTo(9_900, within(2.5));
    assertThat(range.min()).isCloseTo(-9_900, within(2.5));
  }

  @Test
  void squaredErrorIsTheLeastOfAll() {
    for (Histogram values : new Histogram[] {bell(1, false), bell(1, true), outlier()}) {
      double least = error(new SquaredError(), values);
      for (Calibrator other : Calibrator.all()) {
        assertThat(least).as(other.label()).isLessThanOrEqualTo(error(other, values) * 1.01);
      }
    }
  }

  @Test
  void entropyKeepsAllOfAFlatDistribution() {
    Histogram values = new Histogram();
    HistogramTest.add(values, HistogramTest.floats("calibrator/flat", 200_000));
    // Nothing sticks out of a flat distribution, so that clipping any of it only loses.
    assertThat(new Entropy().range(values).max()).isGreaterThan(0.98);
    assertThat(new Entropy().range(values).min()).isLessThan(-0.98);
  }

  private static double error(Calibrator calibrator, Histogram values) {
    return SquaredError.error(values, QuantParams.of(calibrator.range(values), QuantType.U8));
  }

  private static Histogram of(float... values) {
    Histogram histogram = new Histogram();
    HistogramTest.add(histogram, values);
    return histogram;
  }

  /** 100,000 values, each the sum of 12 uniform ones: close to normal with deviation 2. */
  private static Histogram bell(float scale, boolean rectified) {
    int count = 100_000;
    double[] u = Uniform.u("calibrator/bell", 12 * count);
    float[] values = new float[count];
    for (int i = 0; i < count; i++) {
      float sum = 0;
      for (int k = 0; k < 12; k++) {
        sum += (float) u[12 * i + k];
      }
      values[i] = scale * (rectified ? Math.max(0, sum) : sum);
    }
    return of(values);
  }

  /** Values in [-1, 1] and a single 50. */
  private static Histogram outlier() {
    float[] values = HistogramTest.floats("calibrator/outlier", 100_000);
    values[77] = 50;
    return of(values);
  }

  /** Almost all values equal. */
  private static Histogram spike() {
    float[] values = new float[10_000];
    java.util.Arrays.fill(values, 0.25f);
    values[0] = -1;
    values[1] = 2;
    return of(values);
  }
}
