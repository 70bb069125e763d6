package dev.lapidary.core.measure;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import dev.lapidary.core.tensor.RandomStream;
import org.junit.jupiter.api.Test;

class AveragePrecisionTest {
  /**
   * The example of scikit-learn's documentation, 0.83: the images come as 1, 0, 1, 0, so precision
   * is 1 at half of the recall and 2/3 at all of it.
   */
  @Test
  void stepsAreNotInterpolated() {
    float[][] scores = {{0.1f}, {0.4f}, {0.35f}, {0.8f}};
    boolean[][] has = {{false}, {false}, {true}, {true}};
    assertThat(AveragePrecision.of(scores, has).of(0).orElseThrow())
        .isCloseTo(0.5 * 1 + 0.5 * 2 / 3, within(1e-15));
  }

  /** Two images of one score count together, whichever stands first: half of them are right. */
  @Test
  void equalScoresCountTogether() {
    boolean[][] has = {{true}, {false}, {true}};
    boolean[][] turned = {{false}, {true}, {true}};
    float[][] scores = {{0.5f}, {0.5f}, {0.2f}};
    for (boolean[][] order : new boolean[][][] {has, turned}) {
      assertThat(AveragePrecision.of(scores, order).of(0).orElseThrow())
          .isCloseTo(0.5 * 1 / 2 + 0.5 * 2 / 3, within(1e-15));
    }
  }

  @Test
  void aLabelThatNoImageHasIsInNoMean() {
    float[][] scores = {{3, 1}, {2, 9}};
    boolean[][] has = {{false, false}, {true, false}};
    AveragePrecision found = AveragePrecision.of(scores, has);
    assertThat(found.of(1)).isEmpty();
    assertThat(found.mean()).isEqualTo(0.5);
    assertThat(AveragePrecision.of(scores, new boolean[2][2]).mean()).isZero();
  }

  /** The definition, written out: precision and recall at each distinct score as a threshold. */
  @Test
  void isTheSumOverThresholdsOfScoresWithTies() {
    RandomStream random = RandomStream.of(1, 2, 3, "scores");
    int n = 200;
    float[][] scores = new float[n][3];
    boolean[][] has = new boolean[n][3];
    for (int i = 0; i < n; i++) {
      for (int c = 0; c < 3; c++) {
        scores[i][c] = random.below(20) / 4f - 2; // of 20 values, so many images share one
        has[i][c] = random.chance(0.2);
      }
    }
    AveragePrecision found = AveragePrecision.of(scores, has);
    double mean = 0;
    for (int c = 0; c < 3; c++) {
      double expected = byThresholds(scores, has, c);
      // The same fractions summed in the same order, each rounded once or twice more.
      assertThat(found.of(c).orElseThrow()).isCloseTo(expected, within(1e-14));
      mean += expected / 3;
    }
    assertThat(found.mean()).isCloseTo(mean, within(1e-14));
    double[] interval = found.meanInterval();
    assertThat(interval[0]).isLessThan(mean).isGreaterThan(mean - 0.2);
    assertThat(interval[1]).isGreaterThan(mean).isLessThan(mean + 0.2);
    assertThat(AveragePrecision.of(scores, has).meanInterval()).isEqualTo(interval);
  }

  @Test
  void nothingIsUncertainOfAPerfectAnswer() {
    float[][] scores = {{3}, {2}, {-1}, {-2}, {-3}};
    boolean[][] has = {{true}, {true}, {false}, {false}, {false}};
    AveragePrecision found = AveragePrecision.of(scores, has);
    assertThat(found.mean()).isEqualTo(1);
    assertThat(found.meanInterval()[1]).isEqualTo(1);
  }

  private static double byThresholds(float[][] scores, boolean[][] has, int c) {
    double sum = 0;
    double before = 0;
    for (int step = 19; step >= 0; step--) {
      float threshold = step / 4f - 2;
      double taken = 0;
      double right = 0;
      double all = 0;
      for (int i = 0; i < scores.length; i++) {
        all += has[i][c] ? 1 : 0;
        taken += scores[i][c] >= threshold ? 1 : 0;
        right += has[i][c] && scores[i][c] >= threshold ? 1 : 0;
      }
      double recall = right / all;
      sum += taken == 0 ? 0 : (recall - before) * (right / taken);
      before = recall;
    }
    return sum;
  }
}
