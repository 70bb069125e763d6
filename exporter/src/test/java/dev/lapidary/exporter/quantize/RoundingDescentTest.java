package dev.lapidary.exporter.quantize;

import static org.assertj.core.api.Assertions.assertThat;

import dev.lapidary.core.tensor.Uniform;
import org.junit.jupiter.api.Test;

class RoundingDescentTest {
  private static final double SCALE = 0.1;

  /** Nine neighbours of a smooth image vary nearly as one: their errors must cancel. */
  @Test
  void errorsOfWhatVariesTogetherCancel() {
    double nearest = 0;
    double improved = 0;
    for (int row = 0; row < 50; row++) {
      double[] weights = weights("together/" + row, 9);
      double[] covariance = smooth(9, 0.95);
      int[] integers = nearest(weights);
      nearest += error(weights, integers, covariance);
      RoundingDescent.improve(weights, SCALE, QuantType.S8_SYMMETRIC, integers, covariance);
      improved += error(weights, integers, covariance);
    }
    assertThat(improved).isLessThan(nearest / 4);
  }

  /** What stands at the end can be bettered by no step of one weight and of no two. */
  @Test
  void noStepOfOneOrTwoWeightsIsLeft() {
    for (int row = 0; row < 20; row++) {
      double[] weights = weights("steps/" + row, 6);
      double[] covariance = smooth(6, 0.8);
      int[] integers = nearest(weights);
      RoundingDescent.improve(weights, SCALE, QuantType.S8_SYMMETRIC, integers, covariance);
      double least = error(weights, integers, covariance);
      for (int k = 0; k < 6; k++) {
        for (int l = 0; l < 6; l++) {
          for (int steps = 0; steps < 9; steps++) {
            int[] other = integers.clone();
            other[k] += steps % 3 - 1;
            other[l] += l == k ? 0 : steps / 3 - 1;
            assertThat(error(weights, other, covariance)).isGreaterThanOrEqualTo(least - 1e-12);
          }
        }
      }
    }
  }

  @Test
  void whatVariesAloneIsRoundedToTheNearest() {
    double[] weights = weights("alone", 40);
    int[] integers = new int[40];
    RoundingDescent.improve(weights, SCALE, QuantType.S8_SYMMETRIC, integers, smooth(40, 0));
    assertThat(integers).isEqualTo(nearest(weights));
  }

  @Test
  void integersStayInsideOfTheGrid() {
    double[] weights = {12.7, -12.7, 12.7, 12.66};
    int[] integers = nearest(weights);
    RoundingDescent.improve(weights, SCALE, QuantType.S8_SYMMETRIC, integers, smooth(4, 0.99));
    for (int integer : integers) {
      assertThat(integer).isBetween(-127, 127);
    }
  }

  @Test
  void nothingIsMovedWhereNothingVaries() {
    double[] weights = weights("still", 5);
    int[] integers = nearest(weights);
    RoundingDescent.improve(weights, SCALE, QuantType.S8_SYMMETRIC, integers, new double[25]);
    assertThat(integers).isEqualTo(nearest(weights));
  }

  private static double[] weights(String name, int count) {
    double[] u = Uniform.u(name, count);
    for (int k = 0; k < count; k++) {
      u[k] *= 10;
    }
    return u;
  }

  private static int[] nearest(double[] weights) {
    int[] integers = new int[weights.length];
    for (int k = 0; k < weights.length; k++) {
      integers[k] = (int) Math.rint(weights[k] / SCALE);
    }
    return integers;
  }

  /** Variance 1 everywhere, the same covariance between any two. */
  private static double[] smooth(int taps, double covariance) {
    double[] matrix = new double[taps * taps];
    for (int i = 0; i < matrix.length; i++) {
      matrix[i] = i % (taps + 1) == 0 ? 1 : covariance;
    }
    return matrix;
  }

  private static double error(double[] weights, int[] integers, double[] covariance) {
    int taps = weights.length;
    double sum = 0;
    for (int k = 0; k < taps; k++) {
      for (int l = 0; l < taps; l++) {
        sum +=
            (weights[k] - integers[k] * SCALE)
                * covariance[k * taps + l]
                * (weights[l] - integers[l] * SCALE);
      }
    }
    return sum;
  }
}
