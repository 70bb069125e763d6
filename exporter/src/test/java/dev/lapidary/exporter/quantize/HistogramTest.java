package dev.lapidary.exporter.quantize;

import static org.assertj.core.api.Assertions.assertThat;

import dev.lapidary.core.tensor.Uniform;
import java.util.List;
import org.junit.jupiter.api.Test;

class HistogramTest {
  @Test
  void growsWithoutLosingACount() {
    Histogram histogram = new Histogram();
    add(histogram, new float[] {0.1f, -0.05f, 0});
    add(histogram, new float[] {7, -3, 0.01f, 0});
    assertThat(histogram.count()).isEqualTo(7);
    assertThat(histogram.count() - total(histogram)).isEqualTo(2);
    assertThat(total(histogram)).isEqualTo(5);
    assertThat(histogram.observed()).isEqualTo(new Range(-3, 7));
    assertThat(histogram.at((int) (7 / histogram.binWidth()))).isEqualTo(1);
    assertThat(histogram.at(-(int) (3 / histogram.binWidth()) - 1)).isEqualTo(1);
  }

  @Test
  void growthKeepsEachValueInsideItsBin() {
    float[] values = floats("histogram/grow", 1000);
    Histogram histogram = new Histogram();
    for (float v : values) {
      add(histogram, new float[] {v});
    }
    for (int bin = -Histogram.BINS; bin < Histogram.BINS; bin++) {
      double from = bin * histogram.binWidth();
      double to = from + histogram.binWidth();
      long inside = 0;
      for (float v : values) {
        inside += v >= from && v < to ? 1 : 0;
      }
      // A value on an edge may round to either side.
      assertThat(histogram.at(bin)).as("bin %d", bin).isBetween(inside - 1, inside + 1);
    }
    assertThat(histogram.binWidth()).isLessThanOrEqualTo(2.0 / Histogram.BINS);
  }

  /** The grid is that of all values' range, whichever came first and in however many parts. */
  @Test
  void neitherOrderNorPartsChangeIt() {
    float[] values = floats("histogram/order", 3000);
    for (int i = 0; i < values.length; i++) {
      values[i] *= (float) Math.pow(2, i % 9 - 4);
    }
    values[1234] = 16;
    Histogram forwards = new Histogram();
    add(forwards, values);
    Histogram backwards = new Histogram();
    Histogram odd = new Histogram();
    Histogram even = new Histogram();
    for (int i = values.length - 1; i >= 0; i--) {
      add(backwards, new float[] {values[i]});
      add(i % 2 == 0 ? even : odd, new float[] {values[i]});
    }
    odd.add(new Histogram());
    odd.add(even);
    for (Histogram other : List.of(backwards, odd)) {
      assertThat(other.binWidth()).isEqualTo(forwards.binWidth()).isEqualTo(32.0 / Histogram.BINS);
      assertThat(other.observed()).isEqualTo(forwards.observed());
      assertThat(other.count()).isEqualTo(3000);
      for (int bin = -Histogram.BINS; bin < Histogram.BINS; bin++) {
        assertThat(other.at(bin)).as("bin %d", bin).isEqualTo(forwards.at(bin));
      }
    }
  }

  @Test
  void zerosAndTheOutermostOfAnyNumberOfValuesAreFound() {
    for (int count = 1; count <= 20; count++) {
      float[] values = new float[count];
      values[count - 1] = 2;
      Histogram last = new Histogram();
      add(last, values);
      assertThat(last.count() - total(last)).isEqualTo(count - 1);
      assertThat(last.observed().max()).isEqualTo(2);
      values[count - 1] = 0;
      values[count / 2] = -2;
      add(last, values);
      assertThat(last.count() - total(last)).isEqualTo(2L * (count - 1));
      assertThat(last.observed().min()).isEqualTo(-2);
    }
  }

  @Test
  void knowsWhenThereIsOneSideOnly() {
    Histogram histogram = new Histogram();
    assertThat(histogram.oneSided()).isTrue();
    add(histogram, new float[] {0, 1});
    assertThat(histogram.oneSided()).isTrue();
    add(histogram, new float[] {-1});
    assertThat(histogram.oneSided()).isFalse();
  }

  @Test
  void constantZeroHasAnEmptyRange() {
    Histogram histogram = new Histogram();
    add(histogram, new float[100]);
    assertThat(histogram.observed()).isEqualTo(new Range(0, 0));
    assertThat(total(histogram)).isZero();
  }

  /** With their range, as it is found on the way. */
  static void add(Histogram histogram, float[] values) {
    ChannelSums channels = ChannelSums.of(values, new long[] {values.length});
    histogram.add(values, values.length, channels.low(), channels.high());
  }

  private static long total(Histogram histogram) {
    long total = 0;
    for (int bin = -Histogram.BINS; bin < Histogram.BINS; bin++) {
      total += histogram.at(bin);
    }
    return total;
  }

  static float[] floats(String name, int count) {
    double[] u = Uniform.u(name, count);
    float[] values = new float[count];
    for (int i = 0; i < count; i++) {
      values[i] = (float) u[i];
    }
    return values;
  }
}
