package dev.lapidary.spark.train;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class RoundCostTest {
  private static final double TEN_GIGABITS = 1.25e9;

  /** ResNet-18's 45 MB, a step of 1.6 s. */
  @ParameterizedTest
  @CsvSource({
    "8, 8, 0.396, 5",
    "100, 32, 0.5885, 7",
    "1000, 64, 1.9705, 24",
  })
  void theModelsNumbers(int workers, int slices, double seconds, int steps) {
    RoundCost cost = new RoundCost(workers, slices, 45e6, TEN_GIGABITS);
    assertThat(cost.seconds()).isCloseTo(seconds, within(1e-9));
    assertThat(cost.localSteps(1.6)).isEqualTo(steps);
    assertThat(cost.efficiency(steps, 1.6)).isGreaterThanOrEqualTo(RoundCost.GOAL);
    assertThat(cost.efficiency(steps - 1, 1.6)).isLessThan(RoundCost.GOAL);
  }

  @Test
  void smallNetworksGoInOnePiece() {
    assertThat(ClusterWorkers.slices(10_000, 8)).isEqualTo(1);
    assertThat(ClusterWorkers.slices(270_000, 8)).isEqualTo(5);
    assertThat(ClusterWorkers.slices(11_700_000, 8)).isEqualTo(8);
    assertThat(ClusterWorkers.slices(11_700_000, 1000)).isEqualTo(64);
  }
}
