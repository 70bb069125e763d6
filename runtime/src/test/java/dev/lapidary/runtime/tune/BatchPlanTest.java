package dev.lapidary.runtime.tune;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;
import org.junit.jupiter.api.Test;

class BatchPlanTest {
  private static final long MICRO = 1000;
  private static final List<Integer> SIZES = List.of(1, 2, 4, 8, 16, 32);

  /** Of the shape that a convolutional network has on two cores, where batches gain nothing. */
  private static final LatencyCurve CONVOLUTIONS =
      curve(1, 2, 4100, 8150, 16_300, 32_200, 65_800, 134_000);

  private static final LatencyCurve CONVOLUTIONS_TWICE =
      curve(2, 1, 6900, 13_800, 27_500, 55_100, 112_000, 229_000);

  private static LatencyCurve curve(int executors, int threads, long... micros) {
    TreeMap<Integer, Long> times = new TreeMap<>();
    for (int i = 0; i < micros.length; i++) {
      times.put(SIZES.get(i), micros[i] * MICRO);
    }
    return new LatencyCurve(executors, threads, times);
  }

  private static BatchPlan plan(LatencyCurve... curves) {
    return BatchPlan.of(List.of(curves), Optional.empty());
  }

  @Test
  void batchingIsOffWhereItGainsNothing() {
    BatchPlan plan = plan(curve(1, 2, 4100, 8200, 16_400, 33_000, 66_800, 136_000));
    assertThat(plan.reason())
        .isEqualTo("batching off: 8 together cost 1.01 x 8 alone; 1 executor of 2 threads");
    assertThat(plan.maxBatch()).isEqualTo(1);
  }

  @Test
  void severalExecutorsMustBeWorthTheirLatency() {
    BatchPlan plan = plan(CONVOLUTIONS, CONVOLUTIONS_TWICE);
    assertThat(plan.executors()).isEqualTo(2);
    assertThat(plan.threads()).isEqualTo(1);
    assertThat(plan.reason())
        .isEqualTo(
            "batching off: 8 together cost 1.00 x 8 alone; 2 executors of 1 threads give 1.17 x the"
                + " images of 1 of 2; one image while nothing else is done runs on 2 threads, in 4.1"
                + " ms instead of 6.9");
    assertThat(plan.idleThreads()).isEqualTo(2);
    LatencyCurve littleMore = curve(2, 1, 8000, 16_000, 32_000, 64_000, 128_000, 256_000);
    assertThat(plan(CONVOLUTIONS, littleMore).executors()).isEqualTo(1);
  }

  @Test
  void allThreadsForOneImageMustBeWorthIt() {
    BatchPlan plan =
        plan(
            curve(1, 2, 2000, 4000, 8000, 16_000, 32_000, 64_000),
            curve(2, 1, 2080, 4160, 8320, 16_640, 33_280, 66_560));
    assertThat(plan.executors()).isEqualTo(2);
    assertThat(plan.idleThreads()).isEqualTo(1);
    assertThat(plan.reason()).endsWith("2 executors of 1 threads give 1.92 x the images of 1 of 2");
  }

  @Test
  void theSmallestSizeThatIsAsGoodIsTaken() {
    BatchPlan plan = plan(curve(1, 2, 5000, 5500, 6500, 8500, 17_000, 34_000));
    assertThat(plan.maxBatch()).isEqualTo(8);
    assertThat(plan.reason())
        .isEqualTo(
            "batches of up to 8: together they cost 0.21 x as many alone; 1 executor of 2"
                + " threads");
  }

  @Test
  void twoRunsFitIntoTheObjective() {
    LatencyCurve gpu = curve(1, 2, 5000, 5500, 6500, 8500, 14_000, 26_000);
    assertThat(plan(gpu).maxBatch()).isEqualTo(32);
    BatchPlan within = BatchPlan.of(List.of(gpu), Optional.of(Duration.ofMillis(20)));
    assertThat(within.maxBatch()).isEqualTo(8);
    assertThat(within.reason())
        .endsWith("; p99 of 20 ms holds while two runs take no more, 8.5 ms each");
    BatchPlan missed = BatchPlan.of(List.of(gpu), Optional.of(Duration.ofMillis(8)));
    assertThat(missed.maxBatch()).isEqualTo(1);
    assertThat(missed.reason())
        .endsWith(
            "; p99 of 8 ms is not held: one image alone takes 5.0 ms, and twice that with one"
                + " before it");
    // the pair is faster, but only the wide one is soon enough
    BatchPlan soon =
        BatchPlan.of(List.of(CONVOLUTIONS, CONVOLUTIONS_TWICE), Optional.of(Duration.ofMillis(10)));
    assertThat(soon.executors()).isEqualTo(1);
  }

  @Test
  void aGraphOfOneImageHasNoBatches() {
    assertThat(plan(curve(1, 2, 4000)).reason())
        .isEqualTo("batching off: the network takes one image; 1 executor of 2 threads");
  }

  @Test
  void aCurveWithoutASingleImageIsNone() {
    assertThatThrownBy(() -> new LatencyCurve(1, 1, new TreeMap<>(Map.of(2, 5L))))
        .hasMessage(
            "a latency curve has executors, threads and times over 0, of one image among them, but"
                + " is 1, 1, {2=5}");
  }
}
