package dev.lapidary.runtime.batch;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.api.Test;

class TimeHistogramTest {
  /** The bound of the bucket that so many of all times are not above. */
  private static long quantileNanos(TimeHistogram.Snapshot times, double quantile) {
    long rank = (long) Math.ceil(quantile * times.count());
    return times.buckets().stream()
        .filter(bucket -> bucket.count() >= rank)
        .findFirst()
        .orElseThrow()
        .atMostNanos();
  }

  @Test
  void aQuantileIsRightWithinABucket() {
    TimeHistogram times = new TimeHistogram();
    for (int i = 1; i <= 1000; i++) {
      times.add(i * 1_000_000L);
    }
    TimeHistogram.Snapshot all = times.snapshot();
    assertThat(all.count()).isEqualTo(1000);
    assertThat(all.sumNanos()).isEqualTo(500_500_000_000L);
    for (double quantile : new double[] {0.001, 0.5, 0.9, 0.99, 1}) {
      double exact = quantile * 1e9;
      assertThat((double) quantileNanos(all, quantile)).isBetween(exact, exact * 1.19);
    }
  }

  @Test
  void whatIsLongerThanAllBucketsIsCounted() {
    TimeHistogram times = new TimeHistogram();
    times.add(0);
    times.add(Long.MAX_VALUE / 2);
    assertThat(times.snapshot().buckets())
        .containsExactly(
            new TimeHistogram.Bucket(1000, 1), new TimeHistogram.Bucket(Long.MAX_VALUE, 2));
    assertThat(new TimeHistogram().snapshot().buckets()).isEmpty();
  }
}
