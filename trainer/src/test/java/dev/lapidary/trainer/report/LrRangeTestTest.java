package dev.lapidary.trainer.report;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import java.util.ArrayList;
import java.util.List;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;

class LrRangeTestTest {
  /** Flat for ten points, then falling for twenty, then rising. */
  @Test
  void theValleyIsTheMiddleOfTheLongestFall() {
    List<LrRangeTest.Point> points = new ArrayList<>();
    for (int i = 0; i < 40; i++) {
      double smoothed = i < 10 ? 2 : i < 30 ? 2 - 0.05 * (i - 9) : 1 + 0.3 * (i - 29);
      points.add(new LrRangeTest.Point(Math.pow(10, -5 + i * 0.1), smoothed, smoothed));
    }
    LrRangeTest test = LrRangeTest.of(points);
    // 21 points fall, the last is 29: from 29 - 21 = 8 the middle is 18, as fastai counts.
    assertThat(test.valley()).isEqualTo(points.get(18).rate());
    assertThat(test.minimum()).isEqualTo(points.get(29).rate());
    assertThat(test.plot()).hasSize(15).anySatisfy(line -> assertThat(line).contains("*"));
    assertThat(test.svg()).startsWith("<?xml").contains("xmlns=", "suggested").endsWith("</svg>\n");
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
