package dev.lapidary.spark.train;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class RoundCostTest {
  private static final double TEN_GIGABITS = 1.25e9;

  private static final ClusterSpeed SPEED = new ClusterSpeed(0.2, 0.001, 1e9);

  /** ResNet-18's 45 MB, a step of 1.6 s. */
  @ParameterizedTest
  @CsvSource({
    "8, 8, 0.621, 8",
    "100, 32, 0.909125, 11",
    "1000, 64, 2.853625, 34",
  })
  void theModelsNumbers(int workers, int slices, double seconds, int steps) {
    RoundCost cost = new RoundCost(workers, slices, 45e6, TEN_GIGABITS, SPEED);
    assertThat(cost.seconds()).isCloseTo(seconds, within(1e-6));
    assertThat(cost.localSteps(1.6)).isEqualTo(steps);
    assertThat(cost.efficiency(steps, 1.6)).isGreaterThanOrEqualTo(RoundCost.GOAL);
    assertThat(cost.efficiency(steps - 1, 1.6)).isLessThan(RoundCost.GOAL);
  }

  @Test
  void smallNetworksGoInOnePieceAndNoTaskHoldsMoreThanAnExecutorHas() {
    assertThat(RoundJob.slices(40_000, 8)).isEqualTo(1);
    assertThat(RoundJob.slices(1_080_000, 8)).isEqualTo(5);
    assertThat(RoundJob.slices(46_800_000, 8)).isEqualTo(8);
    assertThat(RoundJob.slices(46_800_000, 100)).isEqualTo(64);
    assertThat(RoundJob.slices(46_800_000, 1000)).isEqualTo(349);
    assertThat(RoundJob.slices(346_000_000, 1000)).isEqualTo(1000);
    assertThat(RoundMemory.slice(1000, 349, 46_800_000)).isLessThan(540e6);
  }

  /** Times that the model itself has made give back its constants, also those that are 0. */
  @ParameterizedTest
  @CsvSource({"0.15, 0.002, 3e8", "0.4, 0, 5e8", "0, 0.004, 1e8"})
  void timesGiveTheConstantsThatMadeThem(double job, double task, double rate) {
    ClusterSpeed speed = new ClusterSpeed(job, task, rate);
    List<RoundTimes.Time> times = new ArrayList<>();
    for (int workers : new int[] {2, 8, 32}) {
      for (long bytes : new long[] {1_000_000, 16_000_000}) {
        int slices = RoundJob.slices(bytes, workers);
        RoundTimes.Time empty = new RoundTimes.Time(workers, slices, 2, bytes, 1);
        times.add(new RoundTimes.Time(workers, slices, 2, bytes, empty.expected(speed)));
      }
    }
    ClusterSpeed found = RoundTimes.fit(times);
    assertThat(found.jobSeconds()).isCloseTo(job, within(1e-9));
    assertThat(found.taskSeconds()).isCloseTo(task, within(1e-9));
    assertThat(found.bytesASecond()).isCloseTo(rate, within(rate * 1e-6));
  }
}
