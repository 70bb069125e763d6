package dev.lapidary.runtime.batch;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import org.junit.jupiter.api.Test;

class RecentRunsTest {
  private final RecentRuns runs = new RecentRuns();

  private double of(int count) {
    return runs.nanosPerImage(count).orElseThrow();
  }

  private void add(int number, int size, long nanos) {
    for (int i = 0; i < number; i++) {
      runs.add(size, nanos);
    }
  }

  @Test
  void knowsNothingBeforeTheFirst() {
    assertThat(runs.isEmpty()).isTrue();
    assertThat(runs.nanosPerImage(8)).isEmpty();
    runs.add(4, 40);
    assertThat(runs.isEmpty()).isFalse();
    assertThat(of(8)).isEqualTo(10);
  }

  /** By their time, not by their number: a slow run is as long as it is. */
  @Test
  void aBacklogTakesWhatAsManyImagesTook() {
    add(100, 1, 1000);
    add(8, 32, 320);
    add(1, 8, 800);
    assertThat(of(8)).isEqualTo((800 + 320) / 40.0); // fewer than 16 are no mean
    assertThat(of(40)).isEqualTo((800 + 320) / 40.0);
    assertThat(of(41)).isEqualTo((800 + 2 * 320) / 72.0);
    assertThat(of(264)).isEqualTo((800 + 8 * 320) / 264.0);
    assertThat(of(274)).isEqualTo((800 + 8 * 320 + 10 * 1000) / 274.0);
    assertThat(of(100_000)).isEqualTo((800 + 8 * 320 + 100 * 1000) / 364.0);
  }

  @Test
  void anExpectationForgetsAndGivesWay() {
    add(100, 1, 1000);
    runs.expect(10);
    assertThat(of(256)).isEqualTo(10);
    runs.add(12, 12 * 30);
    assertThat(of(16)).isEqualTo(25);
    runs.add(16, 16 * 50);
    assertThat(of(16)).isEqualTo(50);
    assertThat(of(256)).isEqualTo((4 * 10 + 12 * 30 + 16 * 50) / 32.0);
  }

  /** In bounded memory. */
  @Test
  void whatIsFarBackIsForgotten() {
    add(3000, 1, 7);
    add(4095, 1, 5);
    assertThat(of(1_000_000)).isCloseTo(5, within(1e-6));
    add(100_000, 2, 6);
    assertThat(of(1)).isCloseTo(3, within(1e-6));
    assertThat(of(1_000_000)).isCloseTo(3, within(1e-6));
  }
}
