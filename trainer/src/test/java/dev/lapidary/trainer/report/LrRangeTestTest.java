package dev.lapidary.trainer.report;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import java.util.function.IntToDoubleFunction;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;

class LrRangeTestTest {
  private static List<LrRangeTest.Point> curve(int steps, IntToDoubleFunction loss) {
    List<LrRangeTest.Point> points = new ArrayList<>();
    for (int i = 0; i < steps; i++) {
      points.add(LrRangeTest.next(points, Math.pow(10, -5 + i * 0.05), loss.applyAsDouble(i)));
    }
    return points;
  }

  /** Flat for thirty points, falling for forty, then rising. */
  private static double valley(int i) {
    return i < 30 ? 2 : i < 70 ? 2 - 0.025 * (i - 30) : 1 + 0.2 * (i - 70);
  }

  @Test
  void itIsBetweenTheSteepestFallAndATenthOfTheLowestLoss() {
    LrRangeTest test = LrRangeTest.of(curve(100, LrRangeTestTest::valley));
    assertThat(test.suggested())
        .isCloseTo(Math.sqrt(test.steepest() * test.minimum() / 10), within(1e-12));
    assertThat(Math.log10(test.steepest())).isBetween(-5 + 31 * 0.05, -5 + 69 * 0.05);
    assertThat(Math.log10(test.minimum())).isBetween(-5 + 65 * 0.05, -5 + 72 * 0.05);
    assertThat(test.plot()).hasSize(15).anySatisfy(line -> assertThat(line).contains("*"));
    assertThat(test.svg()).startsWith("<?xml").contains("xmlns=", "suggested").endsWith("</svg>\n");
  }

  /** Whatever the first steps are, they are of an optimizer without moments. */
  @Test
  void theFirstStepsDecideNothing() {
    double plain = LrRangeTest.of(curve(100, LrRangeTestTest::valley)).suggested();
    for (double first : new double[] {0.2, 1.5, 4, 9}) {
      List<LrRangeTest.Point> points = curve(100, i -> i < 5 ? first : valley(i));
      assertThat(LrRangeTest.of(points).suggested()).as("first %s", first).isEqualTo(plain);
    }
  }

  @Test
  void scatterMovesItLittle() {
    double plain = Math.log10(LrRangeTest.of(curve(100, LrRangeTestTest::valley)).suggested());
    for (int seed = 0; seed < 20; seed++) {
      Random random = new Random(seed);
      List<LrRangeTest.Point> points = curve(100, i -> valley(i) + 0.1 * random.nextGaussian());
      assertThat(Math.log10(LrRangeTest.of(points).suggested())).isCloseTo(plain, within(0.5));
    }
  }

  @Test
  void aCurveThatAnswersNothingIsRefused() {
    assertThatThrownBy(() -> LrRangeTest.of(curve(100, i -> 2)))
        .hasMessageStartingWith("the loss falls at no rate from 3.2e-05 to 8.9e-01 (from 2.000 to")
        .hasMessageContaining("there is no rate to read");
    Random random = new Random(1);
    assertThatThrownBy(() -> LrRangeTest.of(curve(100, i -> 2 + 0.3 * random.nextGaussian())))
        .hasMessageContaining("the loss falls at no rate");
    assertThatThrownBy(() -> LrRangeTest.of(curve(100, i -> 2 + 0.1 * i)))
        .hasMessageContaining("the loss falls at no rate");
    assertThatThrownBy(() -> LrRangeTest.of(curve(100, i -> i < 30 ? 2 : 2 - 0.02 * (i - 30))))
        .hasMessage(
            "the loss still falls at the last rate, 8.9e-01: how high is too high has not been"
                + " seen; go on with a higher --to");
  }

  /** The average of equal losses is that loss, from the first on. */
  @Test
  void smoothingHasNoBias() {
    List<LrRangeTest.Point> points = new ArrayList<>();
    IntStream.range(0, 30).forEach(i -> points.add(LrRangeTest.next(points, i + 1.0, 0.7)));
    assertThat(points)
        .allSatisfy(p -> assertThat(p.smoothed()).isCloseTo(0.7, within(1e-12))); // rounding
    assertThat(LrRangeTest.next(points, 31, 100).smoothed()).isBetween(2.0, 7.0);
    assertThat(LrRangeTest.exploded(points)).isFalse();
    points.add(LrRangeTest.next(points, 31, 100));
    assertThat(LrRangeTest.exploded(points)).isTrue();
  }

  @Test
  void tooFewPointsSayNothing() {
    assertThatThrownBy(() -> LrRangeTest.of(List.of(new LrRangeTest.Point(1, 1, 1))))
        .hasMessageStartingWith("the loss exploded after 1 steps, too few to read a rate from;");
  }
}
